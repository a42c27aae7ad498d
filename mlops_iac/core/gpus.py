"""NVIDIA GPUs of AWS's machines: a dated table (``gpus.json``), read without a network. What is not in it is not known,
which is not the same as none.

The table tells which regions have a type as of its date. A newer region, GovCloud and China are not in it: nothing is
said about what they have.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from mlops_iac.core.prices import HOME, Money, hourly

MIB: Final = 1024
"""Of a GiB."""


@dataclass(frozen=True)
class Gpus:
    """Those of one machine."""

    instance_type: str
    """As EC2 calls it: ``g5.xlarge``."""
    count: int
    name: str
    memory_mib: int
    """Of each."""
    efa: int
    """Elastic Fabric Adapters that it may have; 0: it has none."""
    regions: frozenset[str] | None
    """That have the type. None: not known."""

    @property
    def memory_gib(self) -> float:
        """Of each."""
        return self.memory_mib / MIB

    @property
    def told(self) -> str:
        """``4 × A10G of 22 GiB``"""
        return f"{self.count} × {self.name} of {self.memory_gib:.0f} GiB"

    def is_in(self, region: str) -> bool | None:
        """Whether the region has it; None where that is not known."""
        if self.regions is None or region not in _table()["regions"]:
            return None
        return region in self.regions

    def hourly(self, region: str = HOME) -> Money | None:
        """An hour of it as a machine of SageMaker's, on demand."""
        return hourly(f"ml.{self.instance_type}", region)


def gpus_of(instance_type: str) -> Gpus | None:
    """Of ``ml.g5.xlarge``, or ``g5.xlarge``; None for a machine without any, and for one that the table lacks."""
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    known = _table()["families"].get(family)
    found = known and known["sizes"].get(size)
    if not found:
        return None
    regions = found.get("regions", known["regions"])
    return Gpus(
        instance_type=f"{family}.{size}",
        count=found["gpus"],
        name=known["name"],
        memory_mib=known["memory_mib"],
        efa=found["efa"],
        regions=None if regions is None else frozenset(regions),
    )


def named(instance_type: str) -> str:
    """The type as people read it: ``ml.g5.xlarge (1 × A10G of 22 GiB)``, and by its name alone without GPUs."""
    known = gpus_of(instance_type)
    return f"{instance_type} ({known.told})" if known else instance_type


def instead_of(asked: Gpus, region: str, most: int = 3) -> list[Gpus]:
    """Types that the region has with no fewer GPUs, the cheapest first."""
    good = [one for one in all_gpus() if one.is_in(region) and one.count >= asked.count]
    return sorted(good, key=lambda one: price.usual if (price := one.hourly(region)) else float("inf"))[:most]


def dated() -> str:
    """How old the part of the table is that says what regions have."""
    date: str = _table()["sources"]["regions"]["as_of"]
    return date


def sources() -> dict[str, dict[str, str]]:
    """Every part of the table with its date and its source."""
    found: dict[str, dict[str, str]] = _table()["sources"]
    return found


def all_gpus() -> Iterator[Gpus]:
    """Every type of the table."""
    for family, known in _table()["families"].items():
        for size in known["sizes"]:
            if found := gpus_of(f"{family}.{size}"):
                yield found


@functools.cache
def _table() -> Any:
    return json.loads((resources.files(__package__) / "gpus.json").read_text("utf-8"))
