"""A notebook reaches the internet only the way that the network lets it."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"


class NotebookInternet(ValuePolicy):
    name = "notebook-internet"
    wants = "A notebook instance has no way to the internet of its own."
    why = "Data leaves by a way that no security group and no firewall sees."
    severity = Severity.ERROR
    types = (NOTEBOOK,)
    remedy = "set directInternetAccess to Disabled, and give it a subnet."
    sources = ("Security Hub SageMaker.1", "ML Lens 2022 MLSEC-03")
    path = "directInternetAccess"
    allowed = ("Disabled",)
    default = "Enabled"
    detail = "It has direct access to the internet."
    breaks = (example(NOTEBOOK, {"instanceType": "ml.t3.medium"}),)
    keeps = (example(NOTEBOOK, {"directInternetAccess": "Disabled"}),)
