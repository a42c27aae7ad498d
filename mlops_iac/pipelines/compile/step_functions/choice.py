"""A choice step: read the metrics it is about, and go one way or the other."""

from __future__ import annotations

from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start
from mlops_iac.pipelines.compile.step_functions.metrics import OPERATORS, holds, is_number, read
from mlops_iac.pipelines.conditions import ParameterCondition
from mlops_iac.pipelines.steps import ChoiceStep

UNDECIDED = "ChoiceUndecided"


def compile_choice(step: ChoiceStep, context: Context) -> States:
    """Native: a Choice, behind s3:getObject for metrics."""
    comparisons = step.comparisons()
    decide = f"{step.name}: decide" if comparisons else step.name
    tests = [test for one in comparisons for test in holds(step, one)]
    tests += [_holds(one) for one in step.about_parameters]
    choices: list[State] = [{"And": tests, "Next": context.next}]
    if not comparisons:
        return {decide: {"Type": "Choice", "Choices": choices, "Default": context.otherwise}}
    lost = f"{step.name}: undecided"
    there = [test for one in comparisons for test in is_number(step, one)]
    return {
        **read(step, context, decide),
        decide: {
            "Type": "Choice",
            "Choices": [*choices, {"And": there, "Next": context.otherwise}],
            "Default": lost,
        },
        lost: {
            "Type": "Pass",
            "Result": {"Error": UNDECIDED, "Cause": f"missing or no number: {', '.join(_names(step))}"},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }


def _names(step: ChoiceStep) -> list[str]:
    names = [one.metric for one in step.comparisons()]
    return names if len(names) == 1 else [f"one of {names[0]}", *names[1:]]


def _holds(one: ParameterCondition) -> State:
    path = x.parameter(one.parameter.parameter)
    if isinstance(one.equals, str):
        return {"Variable": path, "StringEquals": one.equals}
    if one.equals is not None:
        return {"Variable": path, "NumericEquals": one.equals}
    direction = "at_most" if one.at_least is None else "at_least"
    return {"Variable": path, OPERATORS[direction]: getattr(one, direction)}
