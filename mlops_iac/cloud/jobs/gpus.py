"""GPUs of this machine, and those of them that a job sees: as many as its instance type has, none where it has none.

Jobs that run at the same time see the same ones; the instances of one job each see their own, while there are enough.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from mlops_iac.core.gpus import gpus_of
from mlops_iac.core.instance_types import processor_of

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
"""What CUDA reads: numbers of devices, or their names; empty hides all."""
_DEVICE: Final = re.compile(r"nvidia(\d+)")
_DEVICES: Final = Path("/dev")
_NONE: Final = ("", "-1")


class Share(NamedTuple):
    """What one instance of a job has."""

    devices: tuple[str, ...] = ()
    lack: str = ""
    """A sentence about what its instance type has and this machine has not; empty where nothing is missing."""

    @property
    def variables(self) -> dict[str, str]:
        return {VISIBLE: ",".join(self.devices)}


def here(environment: Mapping[str, str] | None = None, folder: Path = _DEVICES) -> tuple[str, ...]:
    """This machine's: what whoever started the cloud lets it see, or every one that NVIDIA's driver shows."""
    said = (os.environ if environment is None else environment).get(VISIBLE)
    if said is not None:
        return tuple(one.strip() for one in said.split(",") if one.strip() not in _NONE)
    found = (match[1] for path in folder.glob("nvidia*") if (match := _DEVICE.fullmatch(path.name)))
    return tuple(sorted(found, key=int))


def share_of_type(instance_type: str, there: tuple[str, ...], number: int = 0) -> Share:
    """Of the instance with that number. A type with GPUs that the table lacks sees all that are there."""
    known = gpus_of(instance_type)
    if known is None:
        return Share(there) if processor_of(instance_type) == "gpu" else Share()
    return _share(f"{instance_type} has {known.told}", known.count, there, number)


def share_of_container(container: Mapping[str, Any], there: tuple[str, ...], number: int = 0) -> Share:
    """Of a container on a queue, which asks for as many as it wants. ``number``: its node's, where its job has
    several."""
    asked = {each["type"]: each["value"] for each in container.get("resourceRequirements", ())}
    count = int(asked.get("GPU", 0))
    return _share(f"The container asks for {count} GPU{'s' * (count > 1)}", count, there, number) if count else Share()


def _share(what: str, count: int, there: tuple[str, ...], number: int) -> Share:
    devices = there[number * count : (number + 1) * count]
    if len(devices) == count:
        return Share(devices)
    has = f"this machine has {len(there) or 'no'} GPU{'s' * (len(there) > 1)}"
    then = f"it sees {len(devices)}" if devices else "it runs on the CPU"
    return Share(devices, f"{what}; {has}: {then}.")
