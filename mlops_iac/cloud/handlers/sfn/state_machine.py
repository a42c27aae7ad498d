"""aws:sfn/stateMachine:StateMachine."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class StateMachine(Resource):
    """CreateStateMachine, DescribeStateMachine, UpdateStateMachine; a delete stops what runs first. A read
    refreshes definition, role, status and tags. A create under a name that exists is refused, and so is a role
    that does not exist; moto accepts both."""

    type = "aws:sfn/stateMachine:StateMachine"
    service = "stepfunctions"
    create_op, read_op = "CreateStateMachine", "DescribeStateMachine"
    update_op, delete_op = "UpdateStateMachine", "DeleteStateMachine"
    documents = frozenset({"definition"})
    extras = frozenset({"loggingConfiguration"})
    required = frozenset({"definition", "roleArn"})
    defaults = {"type": "STANDARD"}
    references = {"roleArn": "role"}
    name_limit = 80
    replace_on = frozenset({"type"})
    id_from = "arn"
    key = {"stateMachineArn": "arn"}
    computed = {
        "arn": "stateMachineArn",
        "creationDate": "creationDate",
        "revisionId": "revisionId",
        "status": "status",
    }
    initial = {"status": "ACTIVE"}
    formats = {"arn": "arn:{partition}:states:{region}:{account}:stateMachine:{name}"}
    refreshed = {"definition": "definition", "roleArn": "roleArn"}
    tags = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")
    create_calls = 3

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        arn = self._formatted(scope, inputs)["arn"]
        if api.maybe("DescribeStateMachine", stateMachineArn=arn) is not None:
            raise api.refuse(
                "CreateStateMachine", f"State Machine Already Exists: '{arn}'", "StateMachineAlreadyExists"
            )

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**super().create_params(scope, inputs), **_logging(inputs)}

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        return {**super().update_params(scope, inputs, outputs), **_logging(inputs)}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        """The one input that the base does not see in the update's shape."""
        if changed - {"tags"} == {"loggingConfiguration"}:
            api("UpdateStateMachine", stateMachineArn=outputs["arn"], **_logging(outputs))

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if outputs.get("type") != "EXPRESS":  # their executions cannot be listed
            answer = api.maybe("ListExecutions", stateMachineArn=outputs["arn"], statusFilter="RUNNING") or {}
            for execution in answer.get("executions", []):
                api.maybe("StopExecution", executionArn=execution["executionArn"], cause="state machine deleted")
        super().remove(api, scope, outputs)


def _logging(inputs: Props) -> dict[str, Any]:
    wanted = inputs.get("loggingConfiguration")
    if not wanted:
        return {}
    configuration: dict[str, Any] = {
        "level": wanted.get("level", "OFF"),
        "includeExecutionData": bool(wanted.get("includeExecutionData")),
    }
    if wanted.get("logDestination"):
        group = {"logGroupArn": wanted["logDestination"]}
        configuration["destinations"] = [{"cloudWatchLogsLogGroup": group}]
    return {"loggingConfiguration": configuration}
