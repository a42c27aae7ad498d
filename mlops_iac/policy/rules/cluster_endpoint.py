"""A cluster's API is not on the internet."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

CLUSTER = "aws:eks/cluster:Cluster"


class ClusterEndpoint(ValuePolicy):
    name = "cluster-endpoint"
    wants = "The API of an EKS cluster is reached from the network only."
    why = "Everybody may try credentials and holes of its API."
    severity = Severity.ERROR
    by_profile = {"sandbox": Severity.WARNING}
    types = (CLUSTER,)
    remedy = "set vpcConfig.endpointPublicAccess to false."
    sources = ("Security Hub EKS.1",)
    path = "vpcConfig.endpointPublicAccess"
    allowed = (False,)
    default = True
    detail = "Its API answers the internet."
    breaks = (example(CLUSTER, {"name": "a"}),)
    keeps = (example(CLUSTER, {"vpcConfig": {"endpointPublicAccess": False}}),)
