"""The machines of a SageMaker job, as its request says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.core.metering import machines_of


def instance_type_of(record: Mapping[str, Any]) -> str:
    return str(machines_of(record).get("InstanceType", ""))


def volume_of(record: Mapping[str, Any]) -> float | None:
    """GiB of each machine's disk. None for a job that cannot say, and for one whose type brings its own."""
    found = machines_of(record).get("VolumeSizeInGB")
    return float(found) if found else None
