"""A step that runs one of the team's scripts over folders: validate, prepare, evaluate."""

from __future__ import annotations

from typing import ClassVar

from mlops_iac.pipelines.steps.folders import PROCESSING, FoldersStep
from mlops_iac.pipelines.steps.step import ScriptStep

USUAL_PATHS = {
    "data": f"{PROCESSING}/input",
    "evaluation": f"{PROCESSING}/evaluation",
    "model": f"{PROCESSING}/model",
    "test": f"{PROCESSING}/test",
    "train": f"{PROCESSING}/train",
    "validation": f"{PROCESSING}/validation",
}
"""Where the scripts of AWS's own samples have them: github.com/aws/amazon-sagemaker-examples, read 2026-11-28."""


class ProcessingStep(FoldersStep, ScriptStep):
    """The script finds each input under ``/opt/ml/processing/input/<name>`` and leaves each output under
    ``/opt/ml/processing/output/<name>``, unless ``paths`` says otherwise."""

    kind: ClassVar[str] = "processing"
