"""Who holds a task's token answers it, once: SendTaskSuccess and SendTaskFailure.

moto answers a task as often as it is asked, drops a failure's cause, and looks for tokens in executions that are over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, module
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import NotStrictJson, read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

CLOSED: Final = (
    "Task Timed Out: 'Provided task does not exist anymore: it has been answered, it timed out, or its execution is "
    "over'"
)


def install(gateway: Gateway) -> None:
    gateway.instead("stepfunctions", "SendTaskSuccess", lambda call: succeed(gateway, call))
    gateway.instead("stepfunctions", "SendTaskFailure", lambda call: fail(gateway, call))


def succeed(gateway: Gateway, call: Call) -> dict[str, Any]:
    output = str(call.params["output"])
    try:
        read_json(output)
    except NotStrictJson as error:
        raise AwsError("InvalidOutput", f"Invalid Output: {error}") from None
    return _answer(gateway, call, lambda kinds, token: kinds.CallbackOutcomeSuccess(callback_id=token, output=output))


def fail(gateway: Gateway, call: Call) -> dict[str, Any]:
    error, cause = call.params.get("error"), call.params.get("cause")
    return _answer(
        gateway, call, lambda kinds, token: kinds.CallbackOutcomeFailure(callback_id=token, error=error, cause=cause)
    )


def _answer(gateway: Gateway, call: Call, outcome: Any) -> dict[str, Any]:
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    token = str(call.params["taskToken"])
    kinds = module(f"{PACKAGE}.eval.callback.callback")
    with gateway.locked("stepfunctions"):
        machines = list(stepfunctions_parser_backends[call.account_id][call.region].state_machines)
        for execution in [one for machine in machines for one in machine.executions if one.status == "RUNNING"]:
            environment = execution.exec_worker.env if execution.exec_worker is not None else None
            waiting = environment.callback_pool_manager.get(token) if environment is not None else None
            if waiting is not None and not waiting._notify_event.is_set():
                waiting.notify(outcome(kinds, token))
                return {}
    raise AwsError("TaskTimedOut", CLOSED)
