"""aws:ecr/repository:Repository."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Repository(Resource):
    """CreateRepository, DescribeRepositories, PutImageTagMutability, PutImageScanningConfiguration,
    DeleteRepository (with its images when ``forceDelete``). A read refreshes mutability, scanning and tags."""

    type = "aws:ecr/repository:Repository"
    service = "ecr"
    create_op, read_op, delete_op = "CreateRepository", "DescribeRepositories", "DeleteRepository"
    renames = {"name": "repositoryName"}
    extras = frozenset({"forceDelete"})
    defaults = {"imageTagMutability": "MUTABLE", "forceDelete": False}
    references = {"encryptionConfigurations.kmsKey": "key"}
    name_limit, prefix_input = 256, ""
    replace_on = frozenset({"encryptionConfigurations"})
    key = {"repositoryName": "name"}
    item, read_item = "repository", "repositories[0]"
    computed = {"arn": "repositoryArn", "registryId": "registryId", "repositoryUrl": "repositoryUri"}
    refreshed = {
        "imageTagMutability": "imageTagMutability",
        "imageScanningConfiguration": "imageScanningConfiguration.{scanOnPush: scanOnPush}",
    }
    tags = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")
    create_calls = 2

    def auto_name(self, prefix: str) -> str:
        return super().auto_name(prefix.lower())

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("DescribeRepositories", repositoryNames=[outputs["name"]])
        return answer["repositories"][0] if answer else None

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        name = outputs["name"]
        if "imageTagMutability" in changed:
            api("PutImageTagMutability", repositoryName=name, imageTagMutability=outputs["imageTagMutability"])
        if "imageScanningConfiguration" in changed:
            wanted = bool((outputs.get("imageScanningConfiguration") or {}).get("scanOnPush"))
            scanning = {"scanOnPush": wanted}
            api("PutImageScanningConfiguration", repositoryName=name, imageScanningConfiguration=scanning)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("DeleteRepository", repositoryName=outputs["name"], force=bool(outputs.get("forceDelete")))
