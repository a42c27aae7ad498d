"""A gate step: read evaluation files, compare metrics with bounds, refuse with the reason.

One Choice lets a good run pass. Where it does not, the conditions are gone through one by one, so that a refusal says
of each its metric, value and bound; a path to what is missing would end an execution, so each is looked for first.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.evaluation import SIGNS, metric_keys
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, task
from mlops_iac.pipelines.conditions import EVALUATION, Comparison
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps import GateStep

OPERATORS = {"at_least": "NumericGreaterThanEquals", "at_most": "NumericLessThanEquals"}

REFUSED = "GateRefused"


def metric_path(gate: GateStep, one: Comparison) -> str:
    """Where the gate leaves a metric that it compares."""
    return x.inside(_file(gate, one.evaluation), *metric_keys(one.metric))


def compile_gate(step: GateStep, context: Context) -> States:
    """Native: files are read by s3:getObject and compared by a Choice."""
    comparisons = step.comparisons()
    compare, first = f"{step.name}: compare", f"{step.name}: check 1"
    holds = [test for one in comparisons for test in _holds(step, one)]
    states = _read(step, context, compare)
    states[compare] = {"Type": "Choice", "Choices": [{"And": holds, "Next": context.next}], "Default": first}
    for number, one in enumerate(comparisons, start=1):
        states |= _tell(step, one, number, last=number == len(comparisons))
    return {**states, **_refuse(step, len(comparisons))}


def _files(step: GateStep) -> list[FromStep]:
    """The evaluations that it reads, each once."""
    return [*dict.fromkeys(one.evaluation for one in step.comparisons())]


def _file(step: GateStep, evaluation: FromStep) -> str:
    number = _files(step).index(evaluation) + 1
    return f"{x.result(step.name)}.evaluation" if number == 1 else f"{x.result(step.name)}.evaluation_{number}.content"


def _read(step: GateStep, context: Context, following: str) -> States:
    """One call for each file; the first leaves the step's result, the others lie in it."""
    files = _files(step)
    names = [step.name, *(f"{step.name}: read {number}" for number in range(2, len(files) + 1))]
    states: States = {}
    for name, evaluation, after in zip(names, files, [*names[1:], following], strict=True):
        key = f"{context.key(context.folder(evaluation))}{EVALUATION}"
        place, _, field = _file(step, evaluation).rpartition(".")
        states[name] = task(
            "aws-sdk:s3:getObject",
            {"Bucket": context.bindings.bucket, "Key.$": x.text(key, x.RUN)},
            after,
            generic="S3.S3Exception",
            ResultSelector={f"{field}.$": "States.StringToJson($.Body)"},
            ResultPath=place,
        )
    return states


def _holds(step: GateStep, one: Comparison) -> list[State]:
    metric, operator = metric_path(step, one), OPERATORS[one.direction]
    there = [{"Variable": metric, "IsPresent": True}, {"Variable": metric, "IsNumeric": True}]
    if isinstance(one.bound, FromParameter):
        bound = x.parameter(one.bound.parameter)
        return [*there, {"Variable": bound, "IsNumeric": True}, {"Variable": metric, f"{operator}Path": bound}]
    return [*there, {"Variable": metric, operator: one.bound}]


def _tell(step: GateStep, one: Comparison, number: int, *, last: bool) -> States:
    """What is to be said of one condition: metric, value, bound, and whether it holds."""
    check, good, bad, missing = (f"{step.name}: {what} {number}" for what in ("check", "holds", "misses", "lacks"))
    after = f"{step.name}: refuse" if last else f"{step.name}: check {number + 1}"
    metric = metric_path(step, one)

    def report(passed: bool, value: dict[str, Any]) -> State:
        told = {"metric": one.metric, **value, **_bound(one), "passed": passed}
        return {"Type": "Pass", "Parameters": told, "ResultPath": _report(step, number), "Next": after}

    choices = [{"And": _holds(step, one), "Next": good}, {"Variable": metric, "IsPresent": True, "Next": bad}]
    return {
        check: {"Type": "Choice", "Choices": choices, "Default": missing},
        good: report(True, {"value.$": metric}),
        bad: report(False, {"value.$": metric}),
        missing: report(False, {"value": None}),
    }


def _bound(one: Comparison) -> dict[str, str]:
    sign = SIGNS[one.direction]
    if isinstance(one.bound, FromParameter):
        return {"bound.$": x.text(f"{sign} {{}}", x.parameter(one.bound.parameter))}
    return {"bound": f"{sign} {one.bound:g}"}


def _report(step: GateStep, number: int) -> str:
    return f"{x.result(step.name)}.condition_{number}"


def _refuse(step: GateStep, count: int) -> States:
    refuse, name = f"{step.name}: refuse", f"{step.name}: name it"
    verdict = f"{x.result(step.name)}.verdict"
    reports = x.array(*(_report(step, number) for number in range(1, count + 1)))
    return {
        refuse: {
            "Type": "Pass",
            "Parameters": {"gate": step.name, "conditions.$": reports},
            "ResultPath": verdict,
            "Next": name,
        },
        name: {
            "Type": "Pass",
            "Parameters": {"Error": REFUSED, "Cause.$": f"States.JsonToString({verdict})"},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }
