"""Step Functions' own API: executions that are named, listed, stopped and remembered as on AWS.

moto differs: executions without a name are all called ``None``; StopExecution forgets error and cause and answers
before anything stopped; a timed-out execution has no stop date; GetExecutionHistory ignores order and paging and fails
for an execution that was just started; a definition whose states lead nowhere is accepted.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.iam import on_behalf
from mlops_iac.cloud.interpreters.step_functions import asl_check, integrations, tokens
from mlops_iac.cloud.moto_patches import stepfunctions_versions
from mlops_iac.cloud.moto_patches.stepfunctions_ended import (
    Ended,
    described,
    item,
    keep_only_history_in_snapshots,
    machine_of,
)
from mlops_iac.cloud.news import News
from mlops_iac.cloud.paging import STEP_FUNCTIONS, paged

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_PAGE: Final = 1000
"""AWS's largest page of executions, and of history events."""

_MOST_DIAGNOSTICS: Final = 100
"""Of one answer, where the caller does not say (ValidateStateMachineDefinition, "maxResults")."""

_START_WAIT: Final = 5.0
"""Seconds for an execution's thread to set itself up; it takes milliseconds."""


def apply(gateway: Gateway) -> None:
    ended = Ended(gateway)
    gateway.when_used("stepfunctions", lambda: _prepare(gateway, ended))  # its grammar takes a second to import
    gateway.before("stepfunctions", "CreateStateMachine", _check_definition)
    gateway.before("stepfunctions", "UpdateStateMachine", _check_definition)
    gateway.before("stepfunctions", "CreateStateMachine", lambda call: on_behalf.check_state_machine(gateway, call))
    gateway.before("stepfunctions", "UpdateStateMachine", lambda call: on_behalf.check_state_machine(gateway, call))
    gateway.instead("stepfunctions", "ValidateStateMachineDefinition", _validate)
    gateway.instead("stepfunctions", "StartExecution", lambda call: _start(gateway, ended, call))
    gateway.instead("stepfunctions", "StopExecution", lambda call: _stop(gateway, ended, call))
    gateway.instead("stepfunctions", "DescribeExecution", lambda call: _describe(gateway, ended, call))
    gateway.at_once["stepfunctions", "describe_execution"] = lambda call: _describe(gateway, ended, call)
    gateway.instead(
        "stepfunctions", "DescribeStateMachineForExecution", lambda call: _describe_machine(gateway, ended, call)
    )
    gateway.instead("stepfunctions", "ListExecutions", lambda call: _list(gateway, ended, call))
    gateway.instead("stepfunctions", "GetExecutionHistory", lambda call: _history(gateway, ended, call))
    gateway.after("stepfunctions", "DeleteStateMachine", lambda call: ended.forget(call.params["stateMachineArn"]))
    gateway.on_restore(ended.settle_interrupted)
    tokens.install(gateway)


def _prepare(gateway: Gateway, ended: Ended) -> None:
    integrations.install(gateway)
    keep_only_history_in_snapshots()
    _put_away_when_an_execution_ends(gateway, ended)
    _name_refused_definitions()


def _name_refused_definitions() -> None:
    """moto refuses what its parser cannot read, but without an error code that an SDK would recognise."""
    from moto.stepfunctions.parser.api import InvalidDefinition
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend as Backend

    original = getattr(Backend._validate_definition, "original", Backend._validate_definition)

    def validate(definition: str) -> None:
        try:
            original(definition=definition)
        except InvalidDefinition as error:
            reason = str(error.message).split(" in definition ", 1)[0]
            raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{reason}'") from error

    validate.original = original  # type: ignore[attr-defined]
    Backend._validate_definition = staticmethod(validate)


def _validate(call: Call) -> dict[str, Any]:
    """What creating it would refuse, as an answer. Only errors: we have no warnings."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend as Backend

    definition = call.params["definition"]
    problems = asl_check.find_problems(definition)
    if not problems:
        try:
            Backend._validate_definition(definition=definition)
        except AwsError as error:
            problems = [f"SCHEMA_VALIDATION_FAILED: {error.message}"]
    most = call.params.get("maxResults") or _MOST_DIAGNOSTICS
    return {
        "result": "FAIL" if problems else "OK",
        "diagnostics": [_diagnostic(problem) for problem in problems[:most]],
        "truncated": len(problems) > most,
    }


def _diagnostic(problem: str) -> dict[str, str]:
    """From ``CODE: words at /States/A/Next``."""
    code, _, rest = problem.partition(": ")
    words, _, place = rest.rpartition(" at /")
    found = {"severity": "ERROR", "code": code, "message": words or rest}
    return {**found, "location": f"/{place}"} if words else found


def _check_definition(call: Call) -> None:
    if call.params.get("definition"):
        problems = asl_check.find_problems(call.params["definition"])
        if problems:
            raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{'; '.join(problems)}'")


# The API ------------------------------------------------------------------------------------------------------------


def _start(gateway: Gateway, ended: Ended, call: Call) -> dict[str, Any]:
    name = call.params.get("name") or str(uuid.uuid4())
    if not asl_check.is_execution_name(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")
    with gateway.locked("stepfunctions"), _moto_errors():
        asked = _backend(call).describe_state_machine(call.params["stateMachineArn"])
        with stepfunctions_versions.as_of(asked) as machine:
            key = (machine.encryptionConfiguration or {}).get("kmsKeyId")
            on_behalf.check_execution(gateway, machine.roleArn, machine.arn, key)
            arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
            if ended.has(arn):
                raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            execution = _backend(call).start_execution(
                machine.arn, name, call.params.get("input", "{}"), call.params.get("traceHeader")
            )
        if asked is not machine:
            execution.version_arn = asked.arn
    started = {**described(execution), "status": "RUNNING"}
    gateway.tell_news(News(kind="execution", account_id=call.account_id, region=call.region, facts=started))
    return {"executionArn": execution.execution_arn, "startDate": execution.start_date}


def _stop(gateway: Gateway, ended: Ended, call: Call) -> dict[str, Any]:
    """Stops at once for whoever asks; the running task is told, and stops its job, within a fraction of a second."""
    found = ended.find(call.params["executionArn"])
    if found:
        return {"stopDate": found["stopDate"]}
    execution = _find(gateway, call)
    if execution.exec_status == "RUNNING":
        now, error, cause = datetime.now(UTC), call.params.get("error"), call.params.get("cause")
        environment = _wait_for_environment(execution)
        if environment is not None:
            environment.set_stop(stop_date=now, error=error, cause=cause)
        execution.error, execution.cause, execution.stop_date = error, cause, now
        execution.exec_status = _status("ABORTED")
    return {"stopDate": execution.stop_date}


def _describe(gateway: Gateway, ended: Ended, call: Call) -> dict[str, Any]:
    with gateway.locked("stepfunctions"):
        found: dict[str, Any] | None = (ended.find(call.params["executionArn"]) or {}).get("execution")
        return found or described(_find(gateway, call))


def _describe_machine(gateway: Gateway, ended: Ended, call: Call) -> dict[str, Any]:
    with gateway.locked("stepfunctions"):
        found: dict[str, Any] | None = (ended.find(call.params["executionArn"]) or {}).get("machine")
        return found or machine_of(_find(gateway, call))


def _list(gateway: Gateway, ended: Ended, call: Call) -> dict[str, Any]:
    if "stateMachineArn" not in call.params:
        raise AwsError("NotImplemented", "The embedded cloud lists executions of state machines, not of map runs.", 501)
    with gateway.locked("stepfunctions"), _moto_errors():
        machine = _backend(call).describe_state_machine(call.params["stateMachineArn"])
        found = [*(item(described(each)) for each in machine.executions), *ended.items(machine.arn)]
    wanted = call.params.get("statusFilter")
    items = [each for each in found if wanted in (None, each["status"])]
    items.sort(key=lambda each: each["startDate"], reverse=True)
    return paged("executions", items, call.params, limit=_PAGE, default=100, spelling=STEP_FUNCTIONS)


def _history(gateway: Gateway, ended: Ended, call: Call) -> dict[str, Any]:
    with gateway.locked("stepfunctions"):
        found = ended.find(call.params["executionArn"])
        execution = None if found else _find(gateway, call)
    environment = _wait_for_environment(execution) if execution else None
    events = environment.event_manager.get_event_history() if environment is not None else []
    events = list(found["events"] if found else events)  # a copy: the history itself stays as it is
    if call.params.get("reverseOrder"):
        events.reverse()
    if call.params.get("includeExecutionData") is False:
        events = [{name: _without_data(details) for name, details in event.items()} for event in events]
    return paged("events", events, call.params, limit=_PAGE, default=100, spelling=STEP_FUNCTIONS)


def _without_data(details: Any) -> Any:
    if not isinstance(details, dict):
        return details
    return {name: value for name, value in details.items() if name not in ("input", "output")}


# Finding ------------------------------------------------------------------------------------------------------------


def _backend(call: Call) -> Any:
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    return stepfunctions_parser_backends[call.account_id][call.region]


def _find(gateway: Gateway, call: Call) -> Any:
    with gateway.locked("stepfunctions"), _moto_errors():
        return _backend(call).describe_execution(call.params["executionArn"])


@contextlib.contextmanager
def _moto_errors() -> Iterator[None]:
    """moto's exceptions as answers; both of its families carry a code and a message."""
    from moto.core.exceptions import AWSError, JsonRESTError, ServiceException

    try:
        yield
    except ServiceException as error:
        code = getattr(error, "code", None) or type(error).__name__
        raise AwsError(code, str(getattr(error, "message", "") or error)) from error
    except JsonRESTError as error:
        raise AwsError(error.error_type, str(error.message)) from error
    except AWSError as error:
        raise AwsError(error.TYPE or type(error).__name__, str(error.message)) from error


def _wait_for_environment(execution: Any) -> Any:
    """The interpreter's environment, which an execution's thread makes a moment after the start."""
    deadline = time.monotonic() + _START_WAIT
    while execution.exec_worker is not None and execution.exec_worker.env is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return execution.exec_worker.env if execution.exec_worker is not None else None


def _status(name: str) -> Any:
    from moto.stepfunctions.parser.api import ExecutionStatus

    return ExecutionStatus[name]


# When one ends ------------------------------------------------------------------------------------------------------


def _say_how_it_ended(execution: Any) -> None:
    """What moto sets after the status: whoever asks in between would be told of a success without its output."""
    from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError

    environment = execution.exec_worker.env
    state = environment.program_state()
    if isinstance(state, ProgramEnded):
        execution.output = environment.states.get_input()
    elif isinstance(state, ProgramError):
        execution.error, execution.cause = state.error.get("error"), state.error.get("cause")


def _put_away_when_an_execution_ends(gateway: Gateway, ended: Ended) -> None:
    from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication as Communication
    from moto.stepfunctions.parser.utils import TMP_THREADS

    def terminated(self: Any) -> None:
        execution = self.execution
        stopped = execution.stop_date if execution.status == "ABORTED" else None
        _say_how_it_ended(execution)
        self._reflect_execution_status()
        execution.stop_date = stopped or execution.stop_date
        TMP_THREADS[:] = [thread for thread in TMP_THREADS if thread.is_alive()]  # moto keeps them all for ever
        facts = described(execution)
        if type(self) is Communication:
            ended.put_away(execution)
        gateway.touch()
        gateway.bells.ring(("execution", execution.execution_arn))
        arn = execution.execution_arn.split(":")
        gateway.tell_news(News(kind="execution", account_id=arn[4], region=arn[3], facts=facts))

    terminated.original = getattr(Communication.terminated, "original", Communication.terminated)  # type: ignore[attr-defined]
    Communication.terminated = terminated
