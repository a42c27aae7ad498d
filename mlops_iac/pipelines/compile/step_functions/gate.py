"""A gate step: read evaluation files, compare metrics with bounds, refuse with the reason.

One Choice lets a good run pass. Where it does not, the conditions are gone through one by one, so that a refusal says
of each its metric, value and bound; a path to what is missing would end an execution, so each is looked for first.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.evaluation import SIGNS
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start
from mlops_iac.pipelines.compile.step_functions.metrics import holds, metric_path, read
from mlops_iac.pipelines.conditions import Comparison
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import GateStep

REFUSED = "GateRefused"


def compile_gate(step: GateStep, context: Context) -> States:
    """Native: files are read by s3:getObject and compared by a Choice."""
    comparisons = step.comparisons()
    compare, first = f"{step.name}: compare", f"{step.name}: check 1"
    tests = [test for one in comparisons for test in holds(step, one)]
    states = read(step, context, compare)
    states[compare] = {"Type": "Choice", "Choices": [{"And": tests, "Next": context.next}], "Default": first}
    for number, one in enumerate(comparisons, start=1):
        states |= _tell(step, one, number, last=number == len(comparisons))
    return {**states, **_refuse(step, len(comparisons))}


def _tell(step: GateStep, one: Comparison, number: int, *, last: bool) -> States:
    """What is to be said of one condition: metric, value, bound, and whether it holds."""
    check, good, bad, missing = (f"{step.name}: {what} {number}" for what in ("check", "holds", "misses", "lacks"))
    after = f"{step.name}: refuse" if last else f"{step.name}: check {number + 1}"
    metric = metric_path(step, one)

    def report(passed: bool, value: dict[str, Any]) -> State:
        told = {"metric": one.metric, **value, **_bound(one), "passed": passed}
        return {"Type": "Pass", "Parameters": told, "ResultPath": _report(step, number), "Next": after}

    choices = [{"And": holds(step, one), "Next": good}, {"Variable": metric, "IsPresent": True, "Next": bad}]
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
