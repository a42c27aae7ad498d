"""Secrets of a cluster lie under the environment's key."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import PresentPolicy
from mlops_iac.policy.policy import example

CLUSTER = "aws:eks/cluster:Cluster"


class ClusterSecrets(PresentPolicy):
    name = "cluster-secrets"
    wants = "An EKS cluster encrypts its secrets with a key of ours."
    why = "A copy of its disk would hold them."
    severity = Severity.WARNING
    by_profile = {"regulated": Severity.ERROR}
    types = (CLUSTER,)
    remedy = "set encryptionConfig with resources [secrets] and a key."
    sources = ("Security Hub EKS.3",)
    path = "encryptionConfig"
    detail = "Its secrets have no key of ours."
    breaks = (example(CLUSTER, {"name": "a"}),)
    keeps = (example(CLUSTER, {"encryptionConfig": {"resources": ["secrets"]}}),)
