"""SageMaker's machines that a stack uses, as its limits count them: by type and by what they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.doctor.subject import Subject
from mlops_iac.pipelines.steps.step import Step

USES: Final = {"training": "training job", "tune": "training job", "batch_transform": "transform job"}
"""Kind of step to the word in a limit's name; any other kind with machines of its own runs processing jobs."""


def limits_needed(subject: Subject) -> dict[str, int]:
    """Name of each limit (``ml.m5.large for training job usage``) to how many instances at least are needed at once."""
    found: dict[str, int] = {}
    for name, count in (*_of_jobs(subject), *_of_endpoints(subject)):
        found[name] = max(found.get(name, 0), count)
    return found


def _of_jobs(subject: Subject) -> Iterator[tuple[str, int]]:
    for pipeline in subject.pipelines:
        for step in pipeline.steps:
            for machines in step.jobs():
                count = machines.instance_count * int(getattr(step, "max_parallel", 1))
                yield f"{machines.instance_type} for {_use(step)} usage", count


def _use(step: Step) -> str:
    use = USES.get(step.kind, "processing job")
    return f"spot {use}" if use == "training job" and getattr(step, "spot", False) else use


def _of_endpoints(subject: Subject) -> Iterator[tuple[str, int]]:
    """While a new model takes over, SageMaker runs the new instances beside the old ones."""
    for endpoint in (subject.built.outputs.get("endpoints") or {}).values():
        capacity = endpoint.get("capacity") or {} if isinstance(endpoint, dict) else {}
        if capacity.get("InstanceType"):
            yield f"{capacity['InstanceType']} for endpoint usage", 2 * _most(endpoint, capacity)


def _most(endpoint: Mapping[str, Any], capacity: Mapping[str, Any]) -> int:
    """Instances at the busiest."""
    scaling = endpoint.get("scaling") or {}
    return int(scaling.get("at_most") or capacity.get("InitialInstanceCount") or 1)
