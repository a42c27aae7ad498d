"""Who asked a cluster for what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

CLUSTER = "aws:eks/cluster:Cluster"


class ClusterAudit(Policy):
    name = "cluster-audit"
    wants = "An EKS cluster keeps its audit log."
    why = "Nobody can say afterwards who started what."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (CLUSTER,)
    remedy = "add audit to enabledClusterLogTypes."
    sources = ("Security Hub EKS.8",)
    breaks = (example(CLUSTER, {"name": "a"}), example(CLUSTER, {"enabledClusterLogTypes": ["api"]}))
    keeps = (example(CLUSTER, {"enabledClusterLogTypes": ["api", "audit"]}),)

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        kinds = resource.get("enabledClusterLogTypes", [])
        known = not resource.unknown
        if known and not (isinstance(kinds, list) and "audit" in kinds):
            yield Violation(detail="It keeps no audit log.", path="enabledClusterLogTypes")
