"""Steps on features: one call of the environment's function."""

from __future__ import annotations

from mlops_iac.pipelines.compile import features
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.steps.featured import FeaturedStep


def compile_features(step: FeaturedStep, context: Context) -> list[Native]:
    """By a Lambda step that calls the environment's feature function, 10 minutes at most."""
    return [
        {
            "Name": step.name,
            "Type": "Lambda",
            "FunctionArn": features.worker(step, context),
            "Arguments": features.event(step, context, x.get(x.RUN)),
            "OutputParameters": [
                {"OutputName": "done", "OutputType": "String"},
                *({"OutputName": name, "OutputType": "Float"} for name in step.figures),
            ],
        }
    ]
