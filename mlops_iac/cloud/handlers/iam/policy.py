"""aws:iam/policy:Policy."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

VERSIONS = 5
"""Versions that a managed policy may have: IAM's limit."""


class Policy(Resource):
    """CreatePolicy; a change of the document is a new default version, the oldest one making room. A read
    refreshes the document of the default version and tags. A delete is refused while the policy is attached, as
    on AWS (moto accepts)."""

    type = "aws:iam/policy:Policy"
    service = "iam"
    create_op, read_op, delete_op = "CreatePolicy", "GetPolicy", "DeletePolicy"
    renames = {"policy": "PolicyDocument", "name": "PolicyName"}
    documents = frozenset({"policy"})
    required = frozenset({"policy"})
    defaults = {"path": "/"}
    ignores = {"delayAfterPolicyCreationInMs": "policies here are consistent at once."}
    name_limit = 128
    replace_on = frozenset({"path", "description"})
    id_from = "arn"
    key = {"PolicyArn": "arn"}
    item = "Policy"
    computed = {"arn": "Arn", "policyId": "PolicyId", "attachmentCount": "AttachmentCount"}
    formats = {"arn": "arn:{partition}:iam::{account}:policy{path}{name}"}
    tags = TagCalls(key=("PolicyArn", "arn"), put="TagPolicy", take="UntagPolicy")
    regional = False

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        """How often it is attached is the business of what attaches it, and no drift of the policy."""
        item = super().fetch(api, scope, outputs)
        count = outputs.get("attachmentCount")
        return item if item is None or count is None else {**item, "AttachmentCount": count}

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        version = api("GetPolicyVersion", PolicyArn=outputs["arn"], VersionId=item["DefaultVersionId"])
        outputs["policy"] = settle(outputs.get("policy"), version["PolicyVersion"]["Document"])

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "policy" not in changed:
            return
        arn = outputs["arn"]
        spare = [v for v in api("ListPolicyVersions", PolicyArn=arn)["Versions"] if not v["IsDefaultVersion"]]
        if len(spare) >= VERSIONS - 1:
            oldest = min(spare, key=lambda version: int(version["VersionId"][1:]))
            api("DeletePolicyVersion", PolicyArn=arn, VersionId=oldest["VersionId"])
        api("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=outputs["policy"], SetAsDefault=True)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        arn = outputs["arn"]
        found = api.maybe("GetPolicy", PolicyArn=arn)
        if found is None:
            return
        if found["Policy"]["AttachmentCount"]:
            raise api.refuse("DeletePolicy", "Cannot delete a policy attached to entities.", "DeleteConflict")
        for version in api("ListPolicyVersions", PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                api.maybe("DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])
        api.maybe("DeletePolicy", PolicyArn=arn)
