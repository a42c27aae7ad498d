"""What a pipeline did can be read."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import STATE_MACHINE
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example


class PipelineLogging(ValuePolicy):
    name = "pipeline-logging"
    wants = "A state machine keeps a log of its runs."
    why = "Nobody can say afterwards what was run on which data."
    severity = Severity.WARNING
    types = (STATE_MACHINE,)
    remedy = "set loggingConfiguration.level to ALL or ERROR, and a log group."
    sources = ("Security Hub StepFunctions.1", "ML Lens 2022 MLSEC-05")
    path = "loggingConfiguration.level"
    allowed = ("ALL", "ERROR", "FATAL")
    default = "OFF"
    detail = "It logs nothing."
    breaks = (example(STATE_MACHINE, {"name": "a"}),)
    keeps = (example(STATE_MACHINE, {"loggingConfiguration": {"level": "ALL"}}),)
