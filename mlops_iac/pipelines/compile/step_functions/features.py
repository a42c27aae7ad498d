"""Steps on features: one call of the environment's function."""

from __future__ import annotations

from mlops_iac.pipelines.compile import features
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.steps.featured import FeaturedStep

GENERIC = "Lambda.ServiceException"


def compile_features(step: FeaturedStep, context: Context) -> States:
    """By lambda:invoke of the environment's feature function, 15 minutes at most."""
    parameters = {
        "FunctionName": features.worker(step, context),
        "Payload": features.event(step, context, x.RUN),
    }
    called = task(
        "lambda:invoke", parameters, context.next, generic=GENERIC, ResultPath=None, TimeoutSeconds=step.seconds
    )
    return {step.name: called}
