"""What machines take of electricity and what that emits: a dated table of published coefficients (``carbon.json``).

The method is Cloud Carbon Footprint's: watts of a vCPU that is half busy, and of its memory, times AWS's power usage
effectiveness, times what a kWh emits where the region lies. What has no coefficient is named and never counted as
nothing: accelerators, whose watts the method knows for few types.
"""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any, Final

from mlops_iac.core.instance_types import processor_of
from mlops_iac.core.machine_sizes import size_of

BESIDE: Final = ("gpu", "neuron")
"""Machines whose accelerators take most of the electricity."""


def kwh_of(instance_type: str) -> float | None:
    """Of one hour, half busy, with what cooling and power supply take. None where no coefficient is known."""
    size = size_of(instance_type)
    if size is None or processor_of(f"ml.{instance_type.removeprefix('ml.')}") in BESIDE:
        return None
    return kwh_of_vcpus(size.vcpus, memory_gb=size.memory_gib)


def kwh_of_vcpus(vcpus: float, *, memory_gb: float | None = None) -> float:
    """The same of a part of a machine. Memory left out: as much as is usual."""
    method = _table()["method"]
    watts = method["idle_watts"] + method["utilization"] * (method["busy_watts"] - method["idle_watts"])
    memory = vcpus * method["memory_gb_per_vcpu"] if memory_gb is None else memory_gb
    return float((vcpus * watts / 1000 + memory * method["memory_kwh_per_gb_hour"]) * method["pue"])


def grid(region: str) -> float | None:
    """Kilograms CO2e that a kWh emits in a region: its country's average, in the United States its grid's. None for a
    region that the table lacks."""
    found = _table()[_grid_of(region)]["kg_per_kwh"].get(region)
    return None if found is None else float(found)


def _grid_of(region: str) -> str:
    return "grid_us" if region.startswith("us-") else "grid"


def assumptions(region: str = "") -> str:
    """For people, beside an amount; with a region also how old its grid's figure is."""
    method = _table()["method"]
    grid_date = f"; grid of {_table()[_grid_of(region)]['as_of']}" if grid(region) is not None else ""
    return (
        f"vCPUs {method['utilization']:.0%} busy, {method['idle_watts']} to {method['busy_watts']} W each, PUE "
        f"{method['pue']}; Cloud Carbon Footprint, {method['as_of']}{grid_date}"
    ).replace("%", " %")


def sources() -> list[dict[str, str]]:
    table = _table()
    return [{"part": part, "as_of": table[part]["as_of"], "source": table[part]["source"]} for part in table]


@functools.cache
def _table() -> Any:
    return json.loads((resources.files(__package__) / "carbon.json").read_text("utf-8"))
