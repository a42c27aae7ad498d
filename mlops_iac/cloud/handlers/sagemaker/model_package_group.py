"""aws:sagemaker/modelPackageGroup:ModelPackageGroup."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class ModelPackageGroup(Resource):
    """CreateModelPackageGroup, DescribeModelPackageGroup, DeleteModelPackageGroup. A create under a name that
    exists is refused, and so is the delete of a group that holds packages, both as on AWS."""

    type = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
    service = "sagemaker"
    create_op, read_op = "CreateModelPackageGroup", "DescribeModelPackageGroup"
    delete_op = "DeleteModelPackageGroup"
    name_input, name_limit, prefix_input = "modelPackageGroupName", 63, ""
    replace_on = frozenset({"modelPackageGroupDescription"})
    id_from = "modelPackageGroupName"
    key = {"ModelPackageGroupName": "modelPackageGroupName"}
    computed = {"arn": "ModelPackageGroupArn"}
    refreshed = {"modelPackageGroupDescription": "ModelPackageGroupDescription"}
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 2

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        name = inputs["modelPackageGroupName"]
        if api.maybe("DescribeModelPackageGroup", ModelPackageGroupName=name) is not None:
            message = f"Model Package Group already exists: {name}"
            raise api.refuse("CreateModelPackageGroup", message, "ValidationException")

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        name = outputs["modelPackageGroupName"]
        held = api.maybe("ListModelPackages", ModelPackageGroupName=name) or {}
        if held.get("ModelPackageSummaryList"):
            message = f"Cannot delete model package group {name}: it contains model packages"
            raise api.refuse("DeleteModelPackageGroup", message, "ConflictException")
        super().remove(api, scope, outputs)
