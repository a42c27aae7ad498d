"""aws:batch/jobDefinition:JobDefinition."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

DOCUMENTS = frozenset({"containerProperties", "ecsProperties", "nodeProperties"})


class JobDefinition(Resource):
    """RegisterJobDefinition for every revision; an update registers the next one and, unless
    ``deregisterOnNewRevision`` is false, deregisters the one before. The id stays the first revision's ARN. A
    delete deregisters all active revisions. A read refreshes existence and tags."""

    type = "aws:batch/jobDefinition:JobDefinition"
    service = "batch"
    create_op, read_op, delete_op = "RegisterJobDefinition", "DescribeJobDefinitions", "DeregisterJobDefinition"
    renames = {"name": "jobDefinitionName"}
    documents = DOCUMENTS
    extras = DOCUMENTS | {"deregisterOnNewRevision", "tags"}
    required = frozenset({"type"})
    defaults = {"deregisterOnNewRevision": True}
    name_limit, prefix_input = 128, ""
    replace_on = frozenset({"type"})
    id_from = "id"
    computed = {"arn": "jobDefinitionArn", "revision": "revision"}
    tags = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")
    upserts = True

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        params |= {key: read_json(inputs[key]) for key in DOCUMENTS if inputs.get(key)}
        if inputs.get("tags"):
            params["tags"] = dict(inputs["tags"])
        return params

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["id"] = outputs["arn"]
        outputs["arnPrefix"] = outputs["arn"].rsplit(":", 1)[0]

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api("DescribeJobDefinitions", jobDefinitions=[outputs.get("arn") or outputs["id"]])["jobDefinitions"]
        return found[0] if found and found[0]["status"] == "ACTIVE" else None

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        found = self._active(self.api(scope, inputs), inputs["name"])
        if not found:
            return None
        newest = max(found, key=lambda definition: int(definition["revision"]))
        return self.read(scope, newest["jobDefinitionArn"], inputs)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["arnPrefix"] = outputs["arn"].rsplit(":", 1)[0]

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        before = outputs["arn"]
        made = self.create(scope, new)
        if new.get("deregisterOnNewRevision", True):
            self.api(scope, new).maybe("DeregisterJobDefinition", jobDefinition=before)
        return {**made.outputs, "id": id}

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        for definition in self._active(api, outputs["name"]):
            api.maybe("DeregisterJobDefinition", jobDefinition=definition["jobDefinitionArn"])

    def _active(self, api: Api, name: str) -> list[dict[str, Any]]:
        answer = api("DescribeJobDefinitions", jobDefinitionName=name, status="ACTIVE")
        return list(answer["jobDefinitions"])
