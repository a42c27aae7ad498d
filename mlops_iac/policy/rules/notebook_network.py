"""A notebook stands in a network of ours."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import PresentPolicy
from mlops_iac.policy.policy import example

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"


class NotebookNetwork(PresentPolicy):
    name = "notebook-network"
    wants = "A notebook instance is in a subnet of the VPC."
    why = "Without one it is in a network of AWS's, with rules that are not ours."
    severity = Severity.ERROR
    by_profile = {"sandbox": Severity.ADVICE}
    types = (NOTEBOOK,)
    remedy = "give it a subnetId and security groups."
    sources = ("Security Hub SageMaker.2",)
    path = "subnetId"
    detail = "It is in no subnet."
    breaks = (example(NOTEBOOK, {"instanceType": "ml.t3.medium"}),)
    keeps = (example(NOTEBOOK, {"subnetId": "subnet-1"}),)
