"""aws:lambda/invocation:Invocation."""

from __future__ import annotations

import json
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

CRUD: Final = "CRUD"


class Invocation(Resource):
    """Invoke, when it is created; with the scope CRUD also when its input changes, and when it is deleted: then the
    input tells under ``tf`` what is being done. A function that fails fails the step. Nothing of it is in the cloud,
    so a read finds what is known."""

    type = "aws:lambda/invocation:Invocation"
    service = "lambda"
    create_op = "Invoke"
    extras = frozenset({"input", "lifecycleScope", "terraformKey", "triggers"})
    required = frozenset({"functionName", "input"})
    defaults = {"lifecycleScope": "CREATE_ONLY", "qualifier": "$LATEST", "terraformKey": "tf"}
    choices = {"lifecycleScope": ("CREATE_ONLY", CRUD)}
    name_input, prefix_input = "", ""
    id_from = "functionName"

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        given = inputs["input"]
        if given is UNKNOWN:
            return
        try:
            found = read_json(given)
        except ValueError:
            found = None
        if found is None or (inputs["lifecycleScope"] == CRUD and not isinstance(found, dict)):
            detail = f"`{self.type}.input` must be JSON, and an object for the scope {CRUD}."
            raise CloudError("Value not allowed.", detail, resource=self.type)

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        rigid = {"functionName", "lifecycleScope", "qualifier", "region", "terraformKey"}
        return changed & (rigid if new["lifecycleScope"] == CRUD else rigid | {"input", "triggers"})

    def create(self, scope: Scope, inputs: Props) -> Created:
        result = _invoke(self.api(scope, inputs), inputs, "create", None)
        return self._created({**self._outputs(scope, inputs, {}), "result": result})

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        return dict(outputs)

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """That a call was made cannot be seen."""
        return None

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
        kept = {key: value for key, value in outputs.items() if key not in old}
        if not changed & {"input", "triggers"}:
            return {**kept, **new}
        return {**kept, **new, "result": _invoke(self.api(scope, new), new, "update", read_json(old["input"]))}

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if outputs["lifecycleScope"] == CRUD and api.maybe("GetFunction", FunctionName=outputs["functionName"]):
            _invoke(api, outputs, "delete", read_json(outputs["input"]))


def _invoke(api: Api, inputs: Props, action: str, before: Any) -> str:
    """The function's answer, as text."""
    payload = read_json(inputs["input"])
    if inputs["lifecycleScope"] == CRUD:
        payload[inputs["terraformKey"]] = {"action": action, "prev_input": before}
    name, qualifier = inputs["functionName"], inputs["qualifier"]
    answer = api("Invoke", FunctionName=name, Qualifier=qualifier, Payload=json.dumps(payload).encode())
    told: str = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise api.refuse("Invoke", f"The function failed: {told}", answer["FunctionError"])
    return told
