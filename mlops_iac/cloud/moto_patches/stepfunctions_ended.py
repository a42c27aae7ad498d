"""Executions that have ended: each lies on the disk, with its history and what it ran, and lists read what they show.

moto keeps each with all that interpreted it for as long as its state machine lives.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud import pickling
from mlops_iac.cloud.jobs.records import Key, Records

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_SHOWN: Final = (
    "executionArn", "stateMachineArn", "stateMachineVersionArn", "name", "status", "startDate", "stopDate"
)  # fmt: skip
"""What ListExecutions shows of one."""


class History:
    """What a snapshot keeps of the environment of an execution that runs: its events."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.event_manager = self
        self.events = events

    def get_event_history(self) -> list[dict[str, Any]]:
        return self.events


def keep_only_history_in_snapshots() -> None:
    """A running environment holds threads, sockets and half-read bodies; its history is what lasts."""
    from moto.stepfunctions.parser.asl.eval.environment import Environment

    pickling.REDUCERS[Environment] = lambda value: (History, (value.event_manager.get_event_history(),))


def described(execution: Any) -> dict[str, Any]:
    """As DescribeExecution shows it."""
    version = getattr(execution, "version_arn", None)
    found = {
        **execution.to_describe_output(),
        "stateMachineArn": execution.state_machine_arn,
        "stateMachineVersionArn": version,
    }
    found["status"] = execution.status
    return {key: value for key, value in found.items() if value is not None}


def item(found: dict[str, Any]) -> dict[str, Any]:
    """As lists show it."""
    return {name: found[name] for name in _SHOWN if name in found}


def machine_of(execution: Any) -> dict[str, Any]:
    """As DescribeStateMachineForExecution shows what it runs, or ran: the state machine when it started."""
    machine = execution.state_machine
    found = {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": machine.roleArn,
        "updateDate": machine.update_date,
        "loggingConfiguration": machine.loggingConfiguration,
        "tracingConfiguration": machine.tracingConfiguration,
        "encryptionConfiguration": machine.encryptionConfiguration,
    }
    return {key: value for key, value in found.items() if value is not None}


class Ended:
    """Those of one cloud, by their ARN."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._records = Records(gateway, "executions")

    def find(self, arn: str) -> dict[str, Any] | None:
        """``execution`` as it is described, its ``machine``, and its ``events``."""
        return self._records.find(_key(arn))

    def has(self, arn: str) -> bool:
        return self._records.show(_key(arn)) is not None

    def items(self, machine_arn: str) -> Iterator[dict[str, Any]]:
        """Those of a state machine, as lists show them."""
        return (shown for _, shown in self._each(machine_arn))

    def put_away(self, execution: Any) -> None:
        """Take it from moto, now that it has ended; not where its state machine is gone, and it with it."""
        with self._gateway.locked("stepfunctions"):
            machine = machine_at(execution.state_machine_arn)
            if machine is None or execution not in machine.executions:
                return
            machine.executions.remove(execution)
            worker = execution.exec_worker
            events = worker.env.event_manager.get_event_history() if worker is not None and worker.env else []
            found = described(execution)
            record = {**item(found), "execution": found, "machine": machine_of(execution), "events": events}
            self._records.add(_key(execution.execution_arn), record)
            self._records.put_away(_key(execution.execution_arn), _SHOWN)

    def forget(self, machine_arn: str) -> None:
        """Its state machine was deleted."""
        for key, _ in list(self._each(machine_arn)):
            self._records.remove(key)

    def settle_interrupted(self) -> None:
        """Executions that ran when the last process ended cannot go on: nobody holds their place any more."""
        if "moto.stepfunctions.parser.models" not in sys.modules:
            return  # the snapshot held none
        from moto.stepfunctions.parser.api import ExecutionStatus
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends

        with self._gateway.locked("stepfunctions"):
            for _, _, backend in stepfunctions_parser_backends.iter_backends():
                for execution in [each for machine in backend.state_machines for each in machine.executions]:
                    if execution.exec_status == "RUNNING":
                        execution.exec_status = ExecutionStatus["FAILED"]
                        execution.error = "States.Runtime"
                        execution.cause = "The embedded cloud stopped while this execution ran."
                        execution.stop_date = datetime.now(UTC)
                    self.put_away(execution)

    def _each(self, machine_arn: str) -> Iterator[tuple[Key, dict[str, Any]]]:
        kind, account, region, name = _key(machine_arn)
        return self._records.each(kind, account, region, f"{name}:", whole=False)


def _key(arn: str) -> Key:
    """From ``arn:<partition>:states:<region>:<account>:execution:<machine>:<name>``, or the state machine's."""
    parts = [*arn.split(":", 6), *[""] * 6]  # one that is no ARN names nothing
    return "execution", parts[4], parts[3], parts[6]


def machine_at(arn: str) -> Any:
    """moto's state machine of an ARN; None when there is none. The caller holds the lock."""
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    parts = arn.split(":")
    if len(parts) < 7:
        return None
    machines = stepfunctions_parser_backends[parts[4]][parts[3]].state_machines
    return next((each for each in machines if each.arn == arn), None)
