"""aws:iam/rolePolicy:RolePolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource


class RolePolicy(Resource):
    """PutRolePolicy makes and changes, GetRolePolicy, DeleteRolePolicy. The id is ``<role>:<name>``."""

    type = "aws:iam/rolePolicy:RolePolicy"
    service = "iam"
    create_op, read_op = "PutRolePolicy", "GetRolePolicy"
    update_op, delete_op = "PutRolePolicy", "DeleteRolePolicy"
    renames = {"policy": "PolicyDocument", "name": "PolicyName", "role": "RoleName"}
    documents = frozenset({"policy"})
    required = frozenset({"policy", "role"})
    name_limit = 128
    identity = ("role", "name")
    id_from = "id"
    key = {"RoleName": "role", "PolicyName": "name"}
    formats = {"id": "{role}:{name}"}
    refreshed = {"policy": "PolicyDocument"}
    regional = False
    upserts = True
