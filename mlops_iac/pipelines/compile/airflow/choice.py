"""A choice step: a task of the helper that names the steps to go on with; Airflow skips the others."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.airflow.gate import condition
from mlops_iac.pipelines.conditions import ParameterCondition
from mlops_iac.pipelines.steps import ChoiceStep

OPERATOR = "Choose"


def compile_choice(step: ChoiceStep, context: Context) -> Tasks:
    """Native: a branch, whose task of the helper reads the files."""
    return {
        step.name: task(
            OPERATOR,
            conditions=[condition(one, context) for one in step.comparisons()],
            parameters=[_about(one) for one in step.about_parameters],
            then=[*step.then],
            otherwise=[*step.otherwise],
        )
    }


def _about(one: ParameterCondition) -> dict[str, Any]:
    given = x.parameter(one.parameter.parameter)
    if one.equals is not None:
        return {"value": given, "direction": "equals", "bound": one.equals}
    direction = "at_most" if one.at_least is None else "at_least"
    return {"value": given, "direction": direction, "bound": getattr(one, direction)}
