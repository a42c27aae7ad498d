"""A query step: Lambda steps whose function asks Athena, or a warehouse, for one UNLOAD and waits for it.

A Lambda step may take ten minutes; so as many follow one another as the query may take.
"""

from __future__ import annotations

import math

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import queries
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.limits import LAMBDA_SECONDS
from mlops_iac.pipelines.compile.sagemaker_pipelines.processing import compile_processing
from mlops_iac.pipelines.steps import QueryStep

WAIT_SECONDS = LAMBDA_SECONDS - 60
"""How long one call waits: the rest is for starting, and for answering in time."""

MOST_CALLS = 10
"""Calls that follow one another; a pipeline has fifty steps at most."""

QUERY = "query"


def compile_query(step: QueryStep, context: Context) -> list[Native]:
    """By Lambda steps that ask for an UNLOAD, 90 minutes at most; an adopted system by a Processing step."""
    if step.system:
        return compile_processing(queries.by_job(step, context), context)
    querier = context.bindings.querier_arn
    if querier is None:
        raise PipelineError(
            "There is nothing that asks.",
            f"Step `{step.name}` of pipeline `{context.pipeline.name}` needs a querier; none is bound.",
            hint="bind the orchestrator's querier, or leave the step out.",
        )
    count = math.ceil(step.seconds / WAIT_SECONDS)
    if count > MOST_CALLS:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` has `max_minutes: {step.max_minutes}`; SageMaker Pipelines waits for a query "
            f"{MOST_CALLS * WAIT_SECONDS // 60} minutes at most, by one Lambda step for every {WAIT_SECONDS // 60}.",
            hint="give it less time, or choose `orchestrator: step-functions`.",
        )
    names = [step.name, *(f"{step.name}--wait-{number}" for number in range(1, count))]
    token = x.text(f"mlops-iac:{context.bindings.stack}:{{}}:{step.name}", x.get(x.RUN))
    asked = queries.asked(step, context, token, x.get)
    return [
        {
            "Name": name,
            "Type": "Lambda",
            "FunctionArn": querier,
            "Arguments": {
                **asked,
                "query": x.made(names[number - 1], f"OutputParameters['{QUERY}']") if number else "",
                "wait_seconds": min(WAIT_SECONDS, step.seconds - number * WAIT_SECONDS),
                "last": number == count - 1,
            },
            "OutputParameters": [{"OutputName": QUERY, "OutputType": "String"}],
            **({"DependsOn": [names[number - 1]]} if number else {}),
        }
        for number, name in enumerate(names)
    ]
