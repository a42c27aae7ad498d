"""Studio reaches the internet only the way that the network lets it."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

DOMAIN = "aws:sagemaker/domain:Domain"


class DomainNetwork(ValuePolicy):
    name = "domain-network"
    wants = "A SageMaker domain sends everything through the VPC."
    why = "Notebooks would have a way to the internet that nobody watches."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (DOMAIN,)
    remedy = "set appNetworkAccessType to VpcOnly."
    sources = (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/studio-notebooks-and-internet-access.html",
        "ML Lens 2022 MLSEC-03",
    )
    path = "appNetworkAccessType"
    allowed = ("VpcOnly",)
    default = "PublicInternetOnly"
    detail = "Its apps reach the internet directly."
    breaks = (example(DOMAIN, {"domainName": "lab"}),)
    keeps = (example(DOMAIN, {"appNetworkAccessType": "VpcOnly"}),)
