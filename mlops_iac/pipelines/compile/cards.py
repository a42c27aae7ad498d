"""What a model's card says that is known before any run: it travels in the call of the card writer on every target."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.tracking import experiment_of
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.describe import key_of_output
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import FetchStep, GateStep, RegisterStep
from mlops_iac.pipelines.steps.step import Output

STATUS = "Draft"
"""A card that a run wrote is reviewed by nobody yet.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelPackageModelCard.html"""


def about(step: RegisterStep, pipeline: Pipeline, bindings: Bindings) -> dict[str, Any]:
    """Keys of the lake have ``{run}`` for the run's id."""
    gate, maker = pipeline.get_step(step.gate.step), pipeline.get_step(step.model.step)
    key = bindings.key_arn
    return {
        "stack": bindings.stack,
        "pipeline": pipeline.name,
        "bucket": bindings.bucket,
        "models": bindings.zones["models"],
        "code": bindings.zones["code"],
        "evaluation": f"{_key(step.evaluation, pipeline, bindings)}{EVALUATION}",
        "conditions": [dict(one.facts) for one in gate.comparisons()] if isinstance(gate, GateStep) else [],
        "image": bindings.serving_image,
        **({"origin": maker.origin.parameter} if isinstance(maker, FetchStep) else {}),
        **({} if bindings.tracking == "none" else {"logged": _logged(pipeline, bindings)}),
        **({"signing": bindings.signing_key_arn} if bindings.signing_key_arn else {}),
        **({"retention": bindings.retention.lock} if bindings.retention else {}),
        # What the lake's bucket asks of every object; a sandbox has no key of its own.
        "encryption": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {},
        "tagging": urlencode({STACK_TAG: bindings.stack}),
    }


def _logged(pipeline: Pipeline, bindings: Bindings) -> str:
    """Where the tracker will log the run, in words: what exists only later has a name now."""
    where = {"mlflow": "MLflow", "sagemaker": "SageMaker's experiments"}[bindings.tracking]
    return f"{where}, experiment {experiment_of(pipeline, bindings)}, run "


def _key(evaluation: FromStep, pipeline: Pipeline, bindings: Bindings) -> str:
    made = pipeline.made(evaluation)
    assert isinstance(made, Output)
    return key_of_output(made, bindings.zones)
