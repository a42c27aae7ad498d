"""Where a step's input comes from: another step's output, or a parameter of the run."""

from __future__ import annotations

from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import StepName, Word


class FromStep(PipelineModel):
    """What an earlier step made."""

    step: StepName
    output: Word

    def __str__(self) -> str:
        return f"{self.step}.{self.output}"


class FromParameter(PipelineModel):
    """What the run was told."""

    parameter: Word

    def __str__(self) -> str:
        return f"parameters.{self.parameter}"


Source = FromStep | FromParameter
