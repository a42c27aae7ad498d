"""aws:sagemaker/domain:Domain."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.handlers.sagemaker._settling import Settling
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class Domain(Settling):
    """CreateDomain, DescribeDomain, UpdateDomain, DeleteDomain. A domain with profiles or spaces is not deleted, as on
    AWS. Its file system is an id; authentication by IAM Identity Center is refused."""

    type = "aws:sagemaker/domain:Domain"
    service = "sagemaker"
    create_op, read_op = "CreateDomain", "DescribeDomain"
    update_op, delete_op = "UpdateDomain", "DeleteDomain"
    name_input, name_limit, prefix_input = "domainName", 63, ""
    extras = frozenset({"retentionPolicy"})
    required = frozenset({"authMode", "defaultUserSettings", "subnetIds", "vpcId"})
    references = {
        "defaultUserSettings.executionRole": "role",
        "defaultUserSettings.securityGroups": "security group",
        "kmsKeyId": "key",
        "subnetIds": "subnet",
    }
    replace_on = frozenset({"authMode", "kmsKeyId", "vpcId"})
    id_from = "id"
    key = {"DomainId": "id"}
    computed = {"arn": "DomainArn", "homeEfsFileSystemId": "HomeEfsFileSystemId", "id": "DomainId", "url": "Url"}
    refreshed = {"appNetworkAccessType": "AppNetworkAccessType", "subnetIds": "SubnetIds"}
    tags = TagCalls(put="AddTags", take="DeleteTags", list="ListTags")
    create_calls = 7

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """By its name, as its id is only told by the answer to a create."""
        for domain in self.api(scope, inputs)("ListDomains")["Domains"]:
            if domain["DomainName"] == inputs["domainName"] and domain["Status"] != "Deleting":
                return self.read(scope, domain["DomainId"], {**inputs, "id": domain["DomainId"]})
        return None

    def end(self, api: Api, outputs: Props) -> None:
        """What is kept of the home folders is said when the domain is deleted."""
        policy = outputs.get("retentionPolicy") or {}
        kept: dict[str, Any] = {"HomeEfsFileSystem": policy.get("homeEfsFileSystem", "Retain")}
        api.maybe("DeleteDomain", DomainId=outputs["id"], RetentionPolicy=kept)
