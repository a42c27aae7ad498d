"""What SubmitJob asks for of a multi-node parallel job: its nodes, each with the container that its ranges say.

https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeProperties.html and
https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeOverrides.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlops_iac.cloud.jobs.batch_request import merged
from mlops_iac.cloud.wire import AwsError
from mlops_iac.core.script_mode import MOST_INSTANCES

MULTINODE: Final = "multinode"


def nodes_of(definition: Mapping[str, Any], asked: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """The job's ``nodeProperties``: the definition's, with the request's overrides and parameters put in. Raises
    AwsError for what Batch does not do."""
    if asked.get("containerOverrides"):
        raise _refused("containerOverrides are not for multi-node parallel jobs: use nodeOverrides.")
    if asked.get("arrayProperties"):
        raise _refused("A multi-node parallel job cannot be an array job.")
    known, overrides = definition["nodeProperties"], asked.get("nodeOverrides") or {}
    count, main = overrides.get("numNodes") or known["numNodes"], known["mainNode"]
    ranges = [(*_range(one["targetNodes"], count), one) for one in known["nodeRangeProperties"]]
    if "numNodes" in overrides and not any(one["targetNodes"].endswith(":") for _, _, one in ranges):
        raise _refused("numNodes can be overridden only where a node range has an open upper boundary, such as `0:`.")
    if not 0 <= main < count:
        raise _refused(f"mainNode is {main}; it must be fewer than the number of nodes, {count}.")
    if count > MOST_INSTANCES:
        raise _refused(f"The embedded cloud runs {MOST_INSTANCES} nodes of one job on this machine, not {count}.")
    changes = [(*_range(one["targetNodes"], count), one) for one in overrides.get("nodePropertyOverrides") or ()]
    containers = [_container(number, ranges, changes, parameters) for number in range(count)]
    return {"numNodes": count, "mainNode": main, "nodeRangeProperties": list(_grouped(containers))}


def container_of_node(properties: Mapping[str, Any], number: int) -> dict[str, Any]:
    """One node's, of a job's ``nodeProperties``."""
    return next(
        dict(one["container"])
        for one in properties["nodeRangeProperties"]
        if number in range(*_range(one["targetNodes"], properties["numNodes"]))
    )


def check_machines(environments: Sequence[Mapping[str, Any]]) -> None:
    """Raise AwsError for compute environments in which Batch runs no multi-node parallel jobs.

    https://docs.aws.amazon.com/batch/latest/userguide/mnp-ce.html
    """
    for one in environments:
        kind = one.get("computeResources", {}).get("type", "")
        if one["type"] == "UNMANAGED":
            raise _refused("Multi-node parallel jobs aren't supported on UNMANAGED compute environments.")
        if kind != "EC2":
            raise _refused(f"Multi-node parallel jobs aren't supported on compute environments of type {kind}.")


def _range(said: str, count: int) -> tuple[int, int]:
    """``0:3``, ``:3``, ``4:`` or ``2`` as the numbers that ``range`` takes."""
    first, colon, last = said.partition(":")
    start = int(first or 0)
    return start, (int(last) + 1 if last else count) if colon else start + 1


def _container(number: int, ranges: list[Any], changes: list[Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """The narrowest range decides; overrides are put in from the widest to the narrowest."""
    mine = sorted((one for one in ranges if number in range(*one[:2])), key=lambda one: one[1] - one[0])
    if not mine:
        raise _refused(f"No node range holds node {number}: the ranges must account for all nodes.")
    found = mine[0][2].get("container")
    if not found:
        raise _refused("The embedded cloud runs node ranges with a container only.")
    over = sorted((one for one in changes if number in range(*one[:2])), key=lambda one: one[0] - one[1])
    for change in [{}, *(one[2].get("containerOverrides") or {} for one in over)]:
        found = merged(found, change, parameters)
    return dict(found)


def _grouped(containers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ranges of nodes that have the same container."""
    found: list[dict[str, Any]] = []
    start = 0
    for number, container in enumerate(containers):
        if number + 1 == len(containers) or containers[number + 1] != container:
            found.append({"targetNodes": f"{start}:{number}", "container": container})
            start = number + 1
    return found


def _refused(message: str) -> AwsError:
    return AwsError("ClientException", message)
