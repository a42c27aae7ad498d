"""Versions of state machines, which moto keeps and does not publish, list or delete.

Sources: PublishStateMachineVersion, ListStateMachineVersions, DeleteStateMachineVersion and StartExecution in the Step
Functions API reference. moto keeps no revision ids, so one that is given cannot be held against anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.moto_patches.stepfunctions_ended import machine_at
from mlops_iac.cloud.paging import STEP_FUNCTIONS, paged
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_MOST = 1000
"""Versions in a page, and of one state machine (quotas of Step Functions, "Published state machine versions")."""


def apply(gateway: Gateway) -> None:
    for operation, answer in (
        ("PublishStateMachineVersion", _publish),
        ("ListStateMachineVersions", _list),
        ("DeleteStateMachineVersion", _delete),
    ):
        gateway.instead("stepfunctions", operation, gateway.holding("stepfunctions", answer))


def _publish(call: Call) -> dict[str, Any]:
    """What was published already is answered again."""
    if call.params.get("revisionId"):
        raise AwsError("NotImplemented", "The embedded cloud keeps no revision ids of state machines.", 501)
    machine = _get_machine(call.params["stateMachineArn"])
    latest = machine.latest_version
    if latest is None or (latest.definition, latest.roleArn) != (machine.definition, machine.roleArn):
        if len(machine.versions) >= _MOST:
            raise AwsError("ServiceQuotaExceededException", f"{machine.arn} has {_MOST} versions.")
        machine.publish(call.params.get("description"))
    version = machine.latest_version
    return {"creationDate": version.creation_date, "stateMachineVersionArn": version.arn}


def _list(call: Call) -> dict[str, Any]:
    machine = _get_machine(call.params["stateMachineArn"])
    newest_first = sorted(machine.versions.values(), key=lambda version: version.version, reverse=True)
    items = [{"stateMachineVersionArn": each.arn, "creationDate": each.creation_date} for each in newest_first]
    return paged("stateMachineVersions", items, call.params, limit=_MOST, default=100, spelling=STEP_FUNCTIONS)


def _delete(call: Call) -> dict[str, Any]:
    """One that is not there is deleted already; a number is not used again."""
    arn = call.params["stateMachineVersionArn"]
    source, _, number = arn.rpartition(":")
    machine = machine_at(source)
    if machine is None or not number.isdigit():
        return {}
    routes = [route for alias in machine.aliases.values() for route in alias.routing_configuration]
    if any(route.get("stateMachineVersionArn") == arn for route in routes):
        raise AwsError("ConflictException", f"Version to be deleted must not be referenced by an alias: {arn}")
    deleted = machine.versions.pop(int(number), None)
    if deleted is machine.latest_version:
        machine.latest_version = None
    return {}


@contextlib.contextmanager
def as_of(version: Any) -> Iterator[Any]:
    """A version's state machine as it was when the version was published; itself for no version.

    moto runs state machines and no versions of them; it copies what it runs when it starts.
    """
    machine = machine_at(version.source_arn) if hasattr(version, "source_arn") else version
    now = machine.definition, machine.roleArn
    machine.definition, machine.roleArn = version.definition, version.roleArn
    try:
        yield machine
    finally:
        machine.definition, machine.roleArn = now


def _get_machine(arn: str) -> Any:
    found = machine_at(arn)
    if found is None:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return found
