"""aws:redshiftserverless/usageLimit:UsageLimit."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class UsageLimit(Resource):
    """CreateUsageLimit, GetUsageLimit, UpdateUsageLimit, DeleteUsageLimit. No compute is metered here: a limit is kept
    and never reached."""

    type = "aws:redshiftserverless/usageLimit:UsageLimit"
    service = "redshift-serverless"
    create_op, read_op = "CreateUsageLimit", "GetUsageLimit"
    update_op, delete_op = "UpdateUsageLimit", "DeleteUsageLimit"
    required = frozenset({"amount", "resourceArn", "usageType"})
    name_input, prefix_input = "", ""
    identity = ("resourceArn", "usageType", "period")
    id_from = "id"
    key = {"usageLimitId": "id"}
    item = "usageLimit"
    computed = {
        "arn": "usageLimitArn",
        "id": "usageLimitId",
        "period": "period",
        "breachAction": "breachAction",
    }
    refreshed = {"amount": "amount", "breachAction": "breachAction"}

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """A workgroup has one limit of a type and a period; AWS gives it its id."""
        known = self.api(scope, inputs)("ListUsageLimits", resourceArn=inputs["resourceArn"])["usageLimits"]
        period = inputs.get("period", "monthly")
        found = [one for one in known if (one["usageType"], one["period"]) == (inputs["usageType"], period)]
        return self.read(scope, found[0]["usageLimitId"], inputs) if found else None
