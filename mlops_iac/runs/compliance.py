"""What AWS Config's rules say of an environment now, resource by resource."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.core.managed_rules import MANAGED_RULES
from mlops_iac.runs.calls import calling


def tell_compliance(environment: Environment, clients: Clients, ids: Collection[str]) -> list[dict[str, Any]]:
    """Each rule with what it found of this environment: periodic rules look at the whole account.

    ``ids``: of the environment's resources, as its state has them; what runs made is known by its name.
    """
    return [_rule(environment, clients, name, ids) for name in environment.config_rules or ()]


def _rule(environment: Environment, clients: Clients, name: str, ids: Collection[str]) -> dict[str, Any]:
    policies = {f"{environment.stack}-{rule.name}": rule.policy for rule in MANAGED_RULES}
    told: dict[str, Any] = {"rule": name, "policy": policies.get(name) or None, "complies": [], "open": []}
    try:
        found = [one for one in _results(clients, name) if _is_ours(environment, one["resource"], ids)]
    except CloudError as error:
        return {**told, "state": "not told", "detail": error.detail}
    told["complies"] = sorted(one["resource"] for one in found if one["complies"])
    told["open"] = [{"resource": one["resource"], "detail": one["detail"]} for one in found if not one["complies"]]
    state = "open" if told["open"] else "complies" if found else "nothing to judge"
    return {**told, "state": state, "detail": ""}


def _results(clients: Clients, name: str) -> Iterator[Mapping[str, Any]]:
    with calling("config:GetComplianceDetailsByConfigRule", name):
        pages = clients("config").get_paginator("get_compliance_details_by_config_rule").paginate(ConfigRuleName=name)
        for one in (each for page in pages for each in page["EvaluationResults"]):
            yield {
                "resource": one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"],
                "complies": one["ComplianceType"] == "COMPLIANT",
                "detail": one.get("Annotation", ""),
            }


def _is_ours(environment: Environment, id: str, ids: Collection[str]) -> bool:
    return id in ids or id.rpartition(":")[2].rpartition("/")[2].startswith(f"{environment.stack}-")
