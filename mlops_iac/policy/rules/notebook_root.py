"""Who works in a notebook is not root on its machine."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"


class NotebookRoot(ValuePolicy):
    name = "notebook-root"
    wants = "Users of a notebook instance are not root."
    why = "Root can switch off what watches and limits the machine."
    severity = Severity.WARNING
    types = (NOTEBOOK,)
    remedy = "set rootAccess to Disabled."
    sources = ("Security Hub SageMaker.3",)
    path = "rootAccess"
    allowed = ("Disabled",)
    default = "Enabled"
    detail = "Its users are root."
    breaks = (example(NOTEBOOK, {"rootAccess": "Enabled"}),)
    keeps = (example(NOTEBOOK, {"rootAccess": "Disabled"}),)
