"""aws:bedrock/guardrail:Guardrail."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class Guardrail(Resource):
    """CreateGuardrail, GetGuardrail, UpdateGuardrail, DeleteGuardrail. Words and regular expressions are really
    applied; topics, content filters, grounding, kinds of personal data and AWS's word lists are kept, and applying a
    guardrail that has one is refused."""

    type = "aws:bedrock/guardrail:Guardrail"
    service = "bedrock"
    create_op, read_op = "CreateGuardrail", "GetGuardrail"
    update_op, delete_op = "UpdateGuardrail", "DeleteGuardrail"
    ignores = {"timeouts": "Pulumi's own waiting; a guardrail is there at once."}
    renames = {"kmsKeyArn": "kmsKeyId"}
    required = frozenset({"blockedInputMessaging", "blockedOutputsMessaging"})
    references = {"kmsKeyArn": "key"}
    name_limit, prefix_input = 50, ""
    replace_on = frozenset({"kmsKeyArn"})
    id_from = "guardrailId"
    key = {"guardrailIdentifier": "guardrailArn"}
    computed = {
        "createdAt": "createdAt",
        "guardrailArn": "guardrailArn",
        "guardrailId": "guardrailId",
        "version": "version",
    }
    initial = {"status": "READY"}
    refreshed = {
        "blockedInputMessaging": "blockedInputMessaging",
        "blockedOutputsMessaging": "blockedOutputsMessaging",
        "description": "description",
    }
    create_calls = 2
    tags = TagCalls(key=("resourceARN", "guardrailArn"), list="ListTagsForResource", answer="tags")

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """By its name, as its id is what only the answer to a create tells."""
        for one in self.api(scope, inputs)("ListGuardrails")["guardrails"]:
            if one["name"] == inputs["name"]:
                return self.read(scope, one["id"], {**inputs, "guardrailArn": one["arn"]})
        return None
