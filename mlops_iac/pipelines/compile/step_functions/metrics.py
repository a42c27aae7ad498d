"""Metrics in evaluation files: read by a call for each file, and compared by the tests of a Choice."""

from __future__ import annotations

from mlops_iac.core.evaluation import metric_keys
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.conditions import EVALUATION, Comparison
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps import ChoiceStep, GateStep

Compares = ChoiceStep | GateStep

OPERATORS = {"at_least": "NumericGreaterThanEquals", "at_most": "NumericLessThanEquals"}


def metric_path(step: Compares, one: Comparison) -> str:
    """Where the step leaves a metric that it compares."""
    return x.inside(_file(step, one.evaluation), *metric_keys(one.metric))


def _files(step: Compares) -> list[FromStep]:
    """The evaluations that it reads, each once."""
    return [*dict.fromkeys(one.evaluation for one in step.comparisons())]


def _file(step: Compares, evaluation: FromStep) -> str:
    number = _files(step).index(evaluation) + 1
    return f"{x.result(step.name)}.evaluation" if number == 1 else f"{x.result(step.name)}.evaluation_{number}.content"


def read(step: Compares, context: Context, following: str) -> States:
    """One call for each file; the first leaves the step's result, the others lie in it."""
    files = _files(step)
    names = [step.name, *(f"{step.name}: read {number}" for number in range(2, len(files) + 1))]
    states: States = {}
    for name, evaluation, after in zip(names, files, [*names[1:], following], strict=True):
        key = f"{context.key(context.folder(evaluation))}{EVALUATION}"
        place, _, field = _file(step, evaluation).rpartition(".")
        states[name] = task(
            "aws-sdk:s3:getObject",
            {"Bucket": context.bindings.bucket, "Key.$": x.text(key, context.run_of(evaluation))},
            after,
            generic="S3.S3Exception",
            ResultSelector={f"{field}.$": "States.StringToJson($.Body)"},
            ResultPath=place,
        )
    return states


def is_number(step: Compares, one: Comparison) -> list[State]:
    """Whether the metric is there, and a number."""
    metric = metric_path(step, one)
    return [{"Variable": metric, "IsPresent": True}, {"Variable": metric, "IsNumeric": True}]


def holds(step: Compares, one: Comparison) -> list[State]:
    """Whether the metric keeps its bound."""
    metric, operator = metric_path(step, one), OPERATORS[one.direction]
    there = is_number(step, one)
    if isinstance(one.bound, FromParameter):
        bound = x.parameter(one.bound.parameter)
        return [*there, {"Variable": bound, "IsNumeric": True}, {"Variable": metric, f"{operator}Path": bound}]
    return [*there, {"Variable": metric, operator: one.bound}]
