"""aws:apigateway/usagePlan:UsagePlan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._by_name import FoundByName
from mlops_iac.cloud.handlers.apigateway._patches import TAGS, replace, replaced
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

_PATHS: Final = {"description": "/description", "name": "/name"}
_SETTINGS: Final = {"quotaSettings": "/quota", "throttleSettings": "/throttle"}


class UsagePlan(FoundByName):
    """CreateUsagePlan, GetUsagePlan, UpdateUsagePlan, DeleteUsagePlan once its stages are out of it. Rate, burst and
    quota are kept to, by key; a quota begins with its period, and methods have no rates of their own."""

    type = "aws:apigateway/usagePlan:UsagePlan"
    service = "apigateway"
    create_op, read_op, delete_op = "CreateUsagePlan", "GetUsagePlan", "DeleteUsagePlan"
    renames = {"quotaSettings": "quota", "throttleSettings": "throttle", "apiStages.throttles": "throttle"}
    name_limit, prefix_input = 1024, ""
    id_from = "id"
    key = {"usagePlanId": "id"}
    computed = {"id": "id"}
    formats = {"arn": "arn:{partition}:apigateway:{region}::/usageplans/{id}"}
    refreshed = {
        "apiStages": "apiStages",
        "description": "description",
        "name": "name",
        "quotaSettings": "quota",
        "throttleSettings": "throttle",
    }
    tags = TAGS

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop != "productCode" and super().honours(prop)

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"region"}

    def listed(self, api: Api, inputs: Props) -> dict[str, str]:
        return {one["id"]: one["name"] for one in api("GetUsagePlans", limit=500)["items"]}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        operations = replaced(_PATHS, changed, outputs)
        for name in sorted(changed & _SETTINGS.keys()):
            operations += _settings(_SETTINGS[name], outputs.get(name))
        if "apiStages" in changed:
            operations += _stages("remove", _missing(old, outputs)) + _stages("add", _missing(outputs, old))
        if operations:
            api("UpdateUsagePlan", usagePlanId=outputs["id"], patchOperations=operations)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        found = self.fetch(api, scope, outputs)
        stages = [f"{one['apiId']}:{one['stage']}" for one in (found or {}).get("apiStages", ())]
        if stages:
            api("UpdateUsagePlan", usagePlanId=outputs["id"], patchOperations=_stages("remove", stages))
        super().remove(api, scope, outputs)


def _settings(path: str, said: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """All of them anew: what is not said any more would stay."""
    return [
        {"op": "remove", "path": path},
        *(replace(f"{path}/{name}", value) for name, value in sorted((said or {}).items())),
    ]


def _missing(there: Props, elsewhere: Props) -> list[str]:
    wanted, other = (
        [f"{one['apiId']}:{one['stage']}" for one in props.get("apiStages") or ()] for props in (there, elsewhere)
    )
    return [one for one in wanted if one not in other]


def _stages(verb: str, names: list[str]) -> list[dict[str, str]]:
    return [{"op": verb, "path": "/apiStages", "value": name} for name in names]
