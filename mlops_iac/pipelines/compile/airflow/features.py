"""Steps on features: one call of the environment's function."""

from __future__ import annotations

from mlops_iac.pipelines.compile import features
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.steps.featured import FeaturedStep

OPERATOR = "LambdaInvokeFunctionOperator"


def compile_features(step: FeaturedStep, context: Context) -> Tasks:
    """By LambdaInvokeFunctionOperator, which calls the environment's feature function; 15 minutes at most."""
    payload = x.to_json(features.event(step, context, x.RUN))
    return {step.name: task(OPERATOR, function_name=features.worker(step, context), payload=payload)}
