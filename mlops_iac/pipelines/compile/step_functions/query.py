"""A query step: one UNLOAD by Athena, waited for, or by a warehouse (`query_warehouse`).

Both take values as SQL literals and the lists of Step Functions cannot escape a text. So only texts that the
definition itself knows become literals: a parameter's value goes on when it is one of those that it may have.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.pipelines.compile.queries import FORMATS, by_job
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import query_warehouse
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, task
from mlops_iac.pipelines.compile.step_functions.processing import compile_processing
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import QueryStep
from mlops_iac.pipelines.steps.query import LAKE

BAD_VALUE = "BadParameter"


def compile_query(step: QueryStep, context: Context) -> States:
    """Native: athena:startQueryExecution.sync; a warehouse by redshiftdata, an adopted system by a processing job."""
    if step.system:
        return compile_processing(by_job(step, context), context)
    given = _parameters(step, context)
    ask = f"{step.name}: ask" if given else step.name
    if step.source == LAKE:
        asked: States = {ask: _ask(step, context)}
    else:
        asked = query_warehouse.ask(step, context, ask)
    return {**_checked(step, given, ask), **asked} if given else asked


def constants(step: QueryStep, context: Context) -> dict[str, Any]:
    """Texts that an expression could hold only with escapes: SQL, and the quotes around a value."""
    if step.system:
        return {}
    if step.source != LAKE:
        return query_warehouse.constants(step, context, _literals(step))
    before, after = f"s3://{context.bindings.bucket}/{context.key(step.rows)}".split("{}")
    return {
        # The query's last line may be a comment, so the line ends.
        "before": f"UNLOAD ({step.sql.strip()}\n) TO '{before}",
        "after": f"{after}' WITH ({FORMATS[step.format]})",
        "quote": "'",
        "values": _literals(step),
    }


def _ask(step: QueryStep, context: Context) -> State:
    catalogue, here = context.bindings.catalogues[step.catalogue], x.constants(step.name)
    parameters = {
        "QueryString.$": x.text("{}{}{}", f"{here}.before", x.RUN, f"{here}.after"),
        "QueryExecutionContext": {"Database": catalogue.database},
        "WorkGroup": catalogue.workgroup,
        # A call that is tried again asks no second time: two answers in one folder would be the rows twice.
        "ClientRequestToken.$": x.text(f"mlops-iac:{context.bindings.stack}:{{}}:{step.name}", x.RUN),
        **({"ExecutionParameters.$": _values(step, context)} if step.values else {}),
    }
    return task(
        "athena:startQueryExecution.sync",
        parameters,
        context.next,
        generic="Athena.AmazonAthenaException",
        TimeoutSeconds=step.seconds,
        ResultPath=None,
    )


def _values(step: QueryStep, context: Context) -> str:
    """Literals of SQL, in their order."""
    here = x.constants(step.name)
    types = {parameter.name: parameter.type for parameter in context.pipeline.parameters}
    parts = []
    for index, value in enumerate(step.values):
        if not isinstance(value, FromParameter):
            parts.append(f"{here}.values[{index}]")
        elif types[value.parameter] == "number":
            parts.append(x.text("{}", x.parameter(value.parameter)))
        else:
            parts.append(x.text("{}{}{}", f"{here}.quote", x.parameter(value.parameter), f"{here}.quote"))
    return x.array(*parts)


def _literals(step: QueryStep) -> list[str | None]:
    """What the definition knows of the values, as SQL."""
    return [None if isinstance(value, FromParameter) else _literal(value) for value in step.values]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'{}'".format(value.replace("'", "''"))
    return str(int(value)) if value == int(value) else repr(value)


def _parameters(step: QueryStep, context: Context) -> list[Parameter]:
    """Those that the query takes. Raises PipelineError for a text that could be anything."""
    names = {value.parameter for value in step.values if isinstance(value, FromParameter)}
    found = [parameter for parameter in context.pipeline.parameters if parameter.name in names]
    for one in found:
        if one.type != "number" and (not one.allowed or any("'" in text for text in one.allowed)):
            detail = (
                f"Step `{step.name}` asks with parameter `{one.name}`, a {one.type} that may be anything, or a quote; "
                "its values are literals of SQL."
            )
            hint = f"say which values it may have, none with a quote: `{one.name}: {{allowed: [...]}}`."
            problem = Problem(
                path=f"{step.name}.values", summary="A text would become part of the SQL.", detail=detail, hint=hint
            )
            raise PipelineError.of([problem])
    return found


def _checked(step: QueryStep, given: list[Parameter], ask: str) -> States:
    """Whoever starts the run: numbers are numbers, and texts are among those allowed."""
    tests = [
        {"Variable": x.parameter(one.name), "IsNumeric": True}
        if one.type == "number"
        else {"Or": [{"Variable": x.parameter(one.name), "StringEquals": text} for text in one.allowed]}
        for one in given
    ]
    bad = f"{step.name}: bad value"
    names = ", ".join(one.name for one in given)
    return {
        step.name: {"Type": "Choice", "Choices": [{"And": tests, "Next": ask}], "Default": bad},
        bad: {
            "Type": "Pass",
            "Parameters": {"Error": BAD_VALUE, "Cause": f"A value that the query takes is not allowed: {names}."},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }
