"""A model's container calls nobody."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

MODEL = "aws:sagemaker/model:Model"


class ModelIsolation(ValuePolicy):
    name = "model-isolation"
    wants = "The container of a SageMaker model has no network."
    why = "A model from elsewhere may send what it is asked to somebody."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (MODEL,)
    remedy = "set enableNetworkIsolation to true."
    sources = ("Security Hub SageMaker.5", "ML Lens 2022 MLSEC-08")
    path = "enableNetworkIsolation"
    allowed = (True,)
    default = False
    detail = "Its container may call anybody."
    breaks = (example(MODEL, {"name": "a"}),)
    keeps = (example(MODEL, {"enableNetworkIsolation": True}),)
