"""aws:appautoscaling/target:Target."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Target(Resource):
    """RegisterScalableTarget makes and changes, DescribeScalableTargets, DeregisterScalableTarget. A read
    refreshes the two capacities; tags are kept in state only. Variants of endpoints really scale."""

    type = "aws:appautoscaling/target:Target"
    service = "application-autoscaling"
    create_op, read_op = "RegisterScalableTarget", "DescribeScalableTargets"
    update_op, delete_op = "RegisterScalableTarget", "DeregisterScalableTarget"
    renames = {"roleArn": "RoleARN"}
    required = frozenset({"maxCapacity", "minCapacity", "resourceId", "scalableDimension", "serviceNamespace"})
    name_input = ""
    identity = ("serviceNamespace", "resourceId", "scalableDimension")
    id_from = "resourceId"
    key = {"ServiceNamespace": "serviceNamespace", "ResourceId": "resourceId", "ScalableDimension": "scalableDimension"}
    computed = {"arn": "ScalableTargetARN"}
    refreshed = {"maxCapacity": "MaxCapacity", "minCapacity": "MinCapacity"}
    upserts = True

    @classmethod
    def _taggable(cls) -> bool:
        return True

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api.maybe(
            "DescribeScalableTargets",
            ServiceNamespace=outputs["serviceNamespace"],
            ResourceIds=[outputs["resourceId"]],
            ScalableDimension=outputs["scalableDimension"],
        )
        return next(iter(found["ScalableTargets"]), None) if found else None
