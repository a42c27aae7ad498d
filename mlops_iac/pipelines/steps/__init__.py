"""The kinds of steps, in one visible table."""

from __future__ import annotations

from mlops_iac.pipelines.steps.deploy import DeployStep
from mlops_iac.pipelines.steps.gate import GateStep
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.register import RegisterStep
from mlops_iac.pipelines.steps.step import Job, Output, Step
from mlops_iac.pipelines.steps.training import TrainingStep

STEP_KINDS: tuple[type[Step], ...] = (DeployStep, GateStep, ProcessingStep, RegisterStep, TrainingStep)

AnyStep = DeployStep | GateStep | ProcessingStep | RegisterStep | TrainingStep

__all__ = [
    "STEP_KINDS",
    "AnyStep",
    "DeployStep",
    "GateStep",
    "Job",
    "Output",
    "ProcessingStep",
    "RegisterStep",
    "Step",
    "TrainingStep",
]
