"""A query step that asks a warehouse: the Data API takes the statement, and is asked until it has ended."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, task
from mlops_iac.pipelines.compile.warehouse_queries import inner, pieces
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import QueryStep

FAILED: Final = "QueryFailed"
SDK: Final = "RedshiftData.RedshiftDataException"
LEAST_PAUSE, MOST_LOOKS = 5, 360
"""Seconds between two looks, at least; and looks at most, because an execution's history has an end."""


def constants(step: QueryStep, context: Context, literals: list[str | None]) -> dict[str, Any]:
    """Pieces of the statement, which an expression could hold only with escapes; ``literals`` of values that the
    definition knows."""
    place = f"s3://{context.bindings.bucket}/{context.key(step.rows)}"
    warehouse = context.bindings.warehouses[step.source]
    known = [None if one is None else inner(one) for one in literals]
    return {"pieces": pieces(step, place, warehouse, context.bindings), "quote": "''", "values": known}


def ask(step: QueryStep, context: Context, first: str) -> States:
    """``first`` is the name of the state that begins."""
    look, judge, wait, count = (f"{step.name}: {what}" for what in ("look", "judge", "wait", "count"))
    late, failed, start = (f"{step.name}: {what}" for what in ("too late", "failed", "start"))
    here = x.result(step.name)
    status, looks = f"{here}.statement.Status", f"{here}.looks.count"
    stop = f"{step.name}: stop"
    named = {"Id.$": f"{here}.asked.Id"}
    runs = {"Or": [{"Variable": status, "StringEquals": one} for one in ("SUBMITTED", "PICKED", "STARTED")]}
    pause = max(LEAST_PAUSE, step.seconds // MOST_LOOKS)
    return {
        first: {
            "Type": "Pass",
            "Result": {"looks": {"count": 0}},
            "ResultPath": here,
            "Next": start,
        },
        start: _execute(step, context, look),
        look: task("aws-sdk:redshiftdata:describeStatement", named, judge, generic=SDK, ResultPath=f"{here}.statement"),
        judge: {
            "Type": "Choice",
            "Choices": [
                {"Variable": status, "StringEquals": "FINISHED", "Next": context.next},
                {"And": [runs, {"Variable": looks, "NumericLessThan": step.seconds // pause}], "Next": wait},
                {**runs, "Next": stop},
            ],
            "Default": failed,
        },
        wait: {"Type": "Wait", "Seconds": pause, "Next": count},
        count: {
            "Type": "Pass",
            "Parameters": {"count.$": f"States.MathAdd({looks}, 1)"},
            "ResultPath": f"{here}.looks",
            "Next": look,
        },
        stop: task("aws-sdk:redshiftdata:cancelStatement", named, late, generic=None, ResultPath=None),
        late: _failure({"Cause": f"The warehouse had no answer after {step.seconds} seconds."}),
        failed: _failure({"Cause.$": f"{here}.statement.Error"}),
    }


def _execute(step: QueryStep, context: Context, next: str) -> State:
    """A call that is tried again asks no second time."""
    warehouse = context.bindings.warehouses[step.source]
    token = x.text(f"mlops-iac:{context.bindings.stack}:{{}}:{step.name}", x.RUN)
    parameters = {
        "WorkgroupName": warehouse.workgroup,
        "Database": warehouse.database,
        "Sql.$": _sql(step, context),
        "ClientToken.$": f"States.Hash({token}, 'SHA-256')",
    }
    return task(
        "aws-sdk:redshiftdata:executeStatement",
        parameters,
        next,
        generic=SDK,
        ResultSelector={"Id.$": "$.Id"},
        ResultPath=f"{x.result(step.name)}.asked",
    )


def _sql(step: QueryStep, context: Context) -> str:
    """Pieces and values in turn, the run's id before the last piece."""
    here = x.constants(step.name)
    types = {parameter.name: parameter.type for parameter in context.pipeline.parameters}
    words = [f"{here}.pieces[0]"]
    for index, value in enumerate(step.values):
        if not isinstance(value, FromParameter):
            words.append(f"{here}.values[{index}]")
        elif types[value.parameter] == "number":
            words.append(x.parameter(value.parameter))
        else:
            words += [f"{here}.quote", x.parameter(value.parameter), f"{here}.quote"]
        words.append(f"{here}.pieces[{index + 1}]")
    words += [x.RUN, f"{here}.pieces[{len(step.values) + 1}]"]
    return x.text("{}" * len(words), *words)


def _failure(cause: State) -> State:
    return {
        "Type": "Pass",
        "Parameters": {"Error": FAILED, **cause},
        "ResultPath": x.FAILURE,
        "Next": failure_start(),
    }
