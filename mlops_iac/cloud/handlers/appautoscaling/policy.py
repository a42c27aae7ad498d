"""aws:appautoscaling/policy:Policy."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Policy(Resource):
    """PutScalingPolicy makes and changes, DescribeScalingPolicies, DeleteScalingPolicy. Variants
    of endpoints really scale."""

    type = "aws:appautoscaling/policy:Policy"
    service = "application-autoscaling"
    create_op, read_op = "PutScalingPolicy", "DescribeScalingPolicies"
    update_op, delete_op = "PutScalingPolicy", "DeleteScalingPolicy"
    renames = {"name": "PolicyName"}
    required = frozenset({"resourceId", "scalableDimension", "serviceNamespace"})
    defaults = {"policyType": "StepScaling"}
    name_limit, prefix_input = 256, ""
    identity = ("serviceNamespace", "resourceId", "scalableDimension", "name")
    key = {
        "PolicyName": "name",
        "ServiceNamespace": "serviceNamespace",
        "ResourceId": "resourceId",
        "ScalableDimension": "scalableDimension",
    }
    computed = {"arn": "PolicyARN", "alarmArns": "Alarms[].AlarmARN"}
    refreshed = {"policyType": "PolicyType"}
    upserts = True

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api.maybe(
            "DescribeScalingPolicies",
            PolicyNames=[outputs["name"]],
            ServiceNamespace=outputs["serviceNamespace"],
            ResourceId=outputs["resourceId"],
        )
        return next(iter(found["ScalingPolicies"]), None) if found else None
