"""A choice step: a Condition step with the steps of both ways in it."""

from __future__ import annotations

from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.gate import OPERATORS, condition
from mlops_iac.pipelines.conditions import ParameterCondition
from mlops_iac.pipelines.steps import ChoiceStep


def compile_choice(step: ChoiceStep, context: Context) -> list[Native]:
    """Native: a Condition step over property files and parameters."""
    conditions = [*(condition(one, context) for one in step.comparisons()), *map(_about, step.about_parameters)]
    arguments = {"Conditions": conditions, "IfSteps": [], "ElseSteps": []}
    return [{"Name": step.name, "Type": "Condition", "Arguments": arguments}]


def _about(one: ParameterCondition) -> Native:
    left = x.get(one.parameter.parameter)
    if one.equals is not None:
        return {"Type": "Equals", "LeftValue": left, "RightValue": one.equals}
    direction = "at_most" if one.at_least is None else "at_least"
    return {"Type": OPERATORS[direction], "LeftValue": left, "RightValue": getattr(one, direction)}
