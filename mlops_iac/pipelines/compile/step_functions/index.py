"""An index step: the environment's function puts the run's vectors into the store."""

from __future__ import annotations

from mlops_iac.pipelines.compile import indexing
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.steps import IndexStep

GENERIC = "Lambda.ServiceException"


def compile_index(step: IndexStep, context: Context) -> States:
    """By lambda:invoke: no integration writes to S3 Vectors, and a job without network cannot."""
    parameters = {
        "FunctionName": indexing.indexer(step, context.bindings),
        "Payload": indexing.event(step, context, x.RUN),
    }
    return {step.name: task("lambda:invoke", parameters, context.next, generic=GENERIC, ResultPath=None)}
