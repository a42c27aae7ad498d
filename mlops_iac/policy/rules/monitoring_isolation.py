"""A job that looks at requests calls nobody."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

JOB_DEFINITION = "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition"


class MonitoringIsolation(ValuePolicy):
    name = "monitoring-isolation"
    wants = "The jobs of a data quality monitor have no network."
    why = "What they read is everything that the model was asked."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (JOB_DEFINITION,)
    remedy = "set networkConfig.enableNetworkIsolation to true."
    sources = ("Security Hub SageMaker.11",)
    path = "networkConfig.enableNetworkIsolation"
    allowed = (True,)
    default = False
    detail = "Its jobs may call anybody."
    breaks = (example(JOB_DEFINITION, {"name": "a"}),)
    keeps = (example(JOB_DEFINITION, {"networkConfig": {"enableNetworkIsolation": True}}),)
