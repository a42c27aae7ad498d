"""A processing step whose evaluation.json is understood: its numbers are shown with the run, and gates read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from mlops_iac.pipelines.conditions import EVALUATION, USUAL_OUTPUT
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.step import KeyOf, Output


class EvaluateStep(ProcessingStep):
    """A `processing` step that leaves ``evaluation.json`` in its output ``evaluation``: ``{"metrics": {"auc": 0.99}}``,
    or as in AWS's samples ``{"regression_metrics": {"mse": {"value": 4.9}}}``."""

    kind: ClassVar[str] = "evaluate"

    outputs: dict[Word, Output] = Field(default={USUAL_OUTPUT: Output(zone="models", folder=USUAL_OUTPUT)})
    """Name to the folder of the lake that what the program leaves goes to; one is called `evaluation`. Left out: that
    one alone."""

    @model_validator(mode="after")
    def _check_evaluation(self) -> Self:
        if USUAL_OUTPUT not in self.outputs:
            raise ValueError(f"one of its outputs is called `{USUAL_OUTPUT}`; there are {', '.join(self.outputs)}")
        return self

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        job = ProcessingStep.kind if self.compute == "sagemaker" else self.compute
        evaluation = f"{key_of(self.output(USUAL_OUTPUT))}{EVALUATION}"
        return {**super().facts(key_of), "job": job, "evaluation": evaluation}
