"""Before a version of the registry serves: the environment's verifier is asked whether it is signed."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.steps import Step

OPERATOR = "LambdaInvokeFunctionOperator"


def verify(step: Step, context: Context, package: Any, name: str, **fields: Any) -> Tasks:
    """One task of this name; none where models are not signed."""
    verifier = context.bindings.verifier_arn
    if verifier is None:
        return {}
    return {name: task(OPERATOR, function_name=verifier, payload=x.to_json({"package": package}), **fields)}
