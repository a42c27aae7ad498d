"""aws:iam/instanceProfile:InstanceProfile."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class InstanceProfile(Resource):
    """CreateInstanceProfile and AddRoleToInstanceProfile; a read refreshes the role. Tags are made with the
    profile; a change of them replaces nothing and is kept in state only, because moto has no TagInstanceProfile."""

    type = "aws:iam/instanceProfile:InstanceProfile"
    service = "iam"
    create_op, read_op, delete_op = "CreateInstanceProfile", "GetInstanceProfile", "DeleteInstanceProfile"
    renames = {"name": "InstanceProfileName"}
    extras = frozenset({"role"})
    defaults = {"path": "/"}
    name_limit = 128
    replace_on = frozenset({"path"})
    key = {"InstanceProfileName": "name"}
    item = "InstanceProfile"
    computed = {"arn": "Arn", "uniqueId": "InstanceProfileId", "createDate": "CreateDate"}
    refreshed = {"role": "Roles[0].RoleName"}
    regional = False
    later = frozenset({"role"})
    create_calls = 2

    @classmethod
    def _taggable(cls) -> bool:
        return True

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        if outputs.get("role"):
            api("AddRoleToInstanceProfile", InstanceProfileName=outputs["name"], RoleName=outputs["role"])

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "role" in changed:
            self._let_go(api, outputs["name"])
            self.finish(api, scope, outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        """Its own role is let go of first; another one, put there by somebody else, is in the way."""
        if outputs.get("role"):
            self._let_go(api, outputs["name"], outputs["role"])
        super().remove(api, scope, outputs)

    def _let_go(self, api: Api, name: str, role: str = "") -> None:
        found = api.maybe("GetInstanceProfile", InstanceProfileName=name)
        for held in found["InstanceProfile"]["Roles"] if found else []:
            if role in ("", held["RoleName"]):
                api.maybe("RemoveRoleFromInstanceProfile", InstanceProfileName=name, RoleName=held["RoleName"])
