"""An index step: the environment's function puts the run's vectors into the store."""

from __future__ import annotations

from mlops_iac.pipelines.compile import indexing
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.steps import IndexStep


def compile_index(step: IndexStep, context: Context) -> list[Native]:
    """By a Lambda step, which lasts ten minutes at most: some hundred thousand vectors."""
    return [
        {
            "Name": step.name,
            "Type": "Lambda",
            "FunctionArn": indexing.indexer(step, context.bindings),
            "Arguments": indexing.event(step, context, x.get(x.RUN)),
            "OutputParameters": [
                {"OutputName": name, "OutputType": "String"} for name in ("version", "vectors", "questions")
            ],
        }
    ]
