"""aws:iam/role:Role."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Role(Resource):
    """CreateRole, GetRole, UpdateRole, UpdateAssumeRolePolicy, DeleteRole. A read refreshes trust policy,
    description, boundary, session length and tags. Policies of a role are refused here (``inlinePolicies``,
    ``managedPolicyArns``, deprecated in pulumi-aws); they have types of their own."""

    type = "aws:iam/role:Role"
    service = "iam"
    create_op, read_op, update_op, delete_op = "CreateRole", "GetRole", "UpdateRole", "DeleteRole"
    renames = {"assumeRolePolicy": "AssumeRolePolicyDocument", "name": "RoleName"}
    documents = frozenset({"assumeRolePolicy"})
    extras = frozenset({"forceDetachPolicies"})
    required = frozenset({"assumeRolePolicy"})
    defaults = {"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False}
    replace_on = frozenset({"path"})
    key = {"RoleName": "name"}
    item = "Role"
    computed = {"arn": "Arn", "uniqueId": "RoleId", "createDate": "CreateDate"}
    refreshed = {
        "assumeRolePolicy": "AssumeRolePolicyDocument",
        "description": "Description",
        "maxSessionDuration": "MaxSessionDuration",
        "permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
    }
    tags = TagCalls(key=("RoleName", "name"), put="TagRole", take="UntagRole")
    regional = False

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        name = outputs["name"]
        if "assumeRolePolicy" in changed:
            api("UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=outputs["assumeRolePolicy"])
        if "permissionsBoundary" in changed and outputs.get("permissionsBoundary"):
            api("PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=outputs["permissionsBoundary"])
        elif "permissionsBoundary" in changed:
            api("DeleteRolePermissionsBoundary", RoleName=name)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        """Instance profiles let go of the role first, as Pulumi's provider does; policies only when asked to."""
        name = outputs["name"]
        holders = api.maybe("ListInstanceProfilesForRole", RoleName=name) or {}
        for profile in holders.get("InstanceProfiles", []):
            api.maybe(
                "RemoveRoleFromInstanceProfile",
                RoleName=name,
                InstanceProfileName=profile["InstanceProfileName"],
            )
        if outputs.get("forceDetachPolicies"):
            self._detach(api, name)
        api.maybe("DeleteRole", RoleName=name)

    def _detach(self, api: Api, name: str) -> None:
        attached = api.maybe("ListAttachedRolePolicies", RoleName=name) or {}
        for policy in attached.get("AttachedPolicies", []):
            api.maybe("DetachRolePolicy", RoleName=name, PolicyArn=policy["PolicyArn"])
        inline = api.maybe("ListRolePolicies", RoleName=name) or {}
        for policy in inline.get("PolicyNames", []):
            api.maybe("DeleteRolePolicy", RoleName=name, PolicyName=policy)
