"""A query step: one task asks for an UNLOAD, another waits until the answer lies in the lake.

The provider's AthenaOperator sends SQL as one text and has no place for values apart from it, so both are the helper's,
over the querier that SageMaker Pipelines calls as a function.
"""

from __future__ import annotations

from mlops_iac.pipelines.compile import queries
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.airflow.processing import compile_processing
from mlops_iac.pipelines.steps import QueryStep

ASK, WAIT = "AskQuery", "AwaitQuery"


def compile_query(step: QueryStep, context: Context) -> Tasks:
    """By a task that asks for an UNLOAD, and a sensor that holds no worker; an adopted system by a processing job."""
    if step.system:
        return compile_processing(queries.by_job(step, context), context)
    token = context.text(f"mlops-iac:{context.bindings.stack}:{{run}}:{step.name}")
    event = queries.asked(step, context, token, x.parameter)
    return {
        step.name: task(ASK, event=event),
        f"{step.name}--wait": task(WAIT, after=step.name, event=event, query=x.made(step.name), seconds=step.seconds),
    }
