"""aws:iam/rolePolicyAttachment:RolePolicyAttachment."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class RolePolicyAttachment(Resource):
    """AttachRolePolicy, DetachRolePolicy; a read looks through ListAttachedRolePolicies. The id is
    ``<role>/<policy's ARN>``."""

    type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    service = "iam"
    create_op, read_op, delete_op = "AttachRolePolicy", "ListAttachedRolePolicies", "DetachRolePolicy"
    renames = {"role": "RoleName"}
    required = frozenset({"policyArn", "role"})
    name_input = ""
    identity = ("role", "policyArn")
    id_from = "id"
    key = {"RoleName": "role", "PolicyArn": "policyArn"}
    read_key = {"RoleName": "role"}
    formats = {"id": "{role}/{policyArn}"}
    regional = False
    upserts = True

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        marker: dict[str, Any] = {}
        while True:
            page = api.maybe("ListAttachedRolePolicies", RoleName=outputs["role"], **marker)
            for policy in page["AttachedPolicies"] if page else []:
                if policy["PolicyArn"] == outputs["policyArn"]:
                    return policy
            if not page or not page.get("IsTruncated"):
                return None
            marker = {"Marker": page["Marker"]}
