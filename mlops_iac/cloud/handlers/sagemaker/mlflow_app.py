"""aws:sagemaker/mlflowApp:MlflowApp."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class MlflowApp(Resource):
    """CreateMlflowApp, DescribeMlflowApp, UpdateMlflowApp, DeleteMlflowApp. A real MLflow server answers for it,
    started by the first request; deleting it deletes what was logged, and leaves artifacts where they lie."""

    type = "aws:sagemaker/mlflowApp:MlflowApp"
    service = "sagemaker"
    create_op, read_op = "CreateMlflowApp", "DescribeMlflowApp"
    update_op, delete_op = "UpdateMlflowApp", "DeleteMlflowApp"
    ignores = {"timeouts": "Pulumi's own waiting; an app is there at once."}
    renames = {"defaultDomainIdLists": "DefaultDomainIdList"}
    required = frozenset({"artifactStoreUri", "roleArn"})
    references = {"roleArn": "role"}
    name_limit, prefix_input = 256, ""
    replace_on = frozenset({"roleArn"})
    id_from = "arn"
    key = {"Arn": "arn"}
    computed = {"arn": "Arn"}
    refreshed = {"artifactStoreUri": "ArtifactStoreUri", "roleArn": "RoleArn"}
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 2

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """By its name, as its ARN ends in a number that only the answer to a create tells."""
        for app in self.api(scope, inputs)("ListMlflowApps")["Summaries"]:
            if app["Name"] == inputs["name"] and app["Status"] != "Deleted":
                return self.read(scope, app["Arn"], {**inputs, "arn": app["Arn"]})
        return None
