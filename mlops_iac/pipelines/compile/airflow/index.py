"""An index step: the environment's function puts the run's vectors into the store."""

from __future__ import annotations

from mlops_iac.pipelines.compile import indexing
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.airflow.monitor import OPERATOR
from mlops_iac.pipelines.steps import IndexStep


def compile_index(step: IndexStep, context: Context) -> Tasks:
    """By LambdaInvokeFunctionOperator: no operator writes to S3 Vectors, and a job without network cannot."""
    event = indexing.event(step, context, x.RUN)
    function = indexing.indexer(step, context.bindings)
    return {step.name: task(OPERATOR, function_name=function, payload=x.to_json(event))}
