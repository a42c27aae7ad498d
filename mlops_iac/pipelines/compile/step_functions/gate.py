"""A gate step: read evaluation.json, compare one metric with the run's bound, refuse with the reason."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.evaluation import SIGNS, metric_keys
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, task
from mlops_iac.pipelines.steps import GateStep
from mlops_iac.pipelines.steps.gate import EVALUATION

OPERATORS = {"at_least": "NumericGreaterThanEqualsPath", "at_most": "NumericLessThanEqualsPath"}

REFUSED = "GateRefused"


def metric_path(gate: GateStep) -> str:
    """Where the gate leaves the metric that it compared."""
    return x.inside(f"{x.result(gate.name)}.evaluation", *metric_keys(gate.metric))


def compile_gate(step: GateStep, context: Context) -> States:
    """Native: the file is read by s3:getObject and compared by a Choice."""
    compare, explain, missing, refuse = (f"{step.name}: {what}" for what in ("compare", "explain", "missing", "refuse"))
    metric, bound = metric_path(step), x.parameter(step.bound.parameter)
    key = f"{context.key(context.folder(step.evaluation))}{EVALUATION}"
    read = task(
        "aws-sdk:s3:getObject",
        {"Bucket": context.bindings.bucket, "Key.$": x.text(key, x.RUN)},
        compare,
        generic="S3.S3Exception",
        ResultSelector={"evaluation.$": "States.StringToJson($.Body)"},
        ResultPath=x.result(step.name),
    )
    return {
        step.name: read,
        compare: {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": metric, "IsPresent": True},
                        {"Variable": metric, "IsNumeric": True},
                        {"Variable": bound, "IsNumeric": True},
                        {"Variable": metric, OPERATORS[step.direction]: bound},
                    ],
                    "Next": context.next,
                },
                {"Variable": metric, "IsPresent": True, "Next": explain},
            ],
            "Default": missing,
        },
        explain: _report(step, {"value.$": metric}, refuse),
        missing: _report(step, {"value": None}, refuse),
        refuse: {
            "Type": "Pass",
            "Parameters": {"Error": REFUSED, "Cause.$": f"States.JsonToString({x.result(step.name)}.report)"},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }


def _report(step: GateStep, value: dict[str, Any], next: str) -> dict[str, Any]:
    """Why the gate refuses: metric, value and bound."""
    bound = x.text(f"{SIGNS[step.direction]} {{}}", x.parameter(step.bound.parameter))
    return {
        "Type": "Pass",
        "Parameters": {"metric": step.metric, **value, "bound.$": bound},
        "ResultPath": f"{x.result(step.name)}.report",
        "Next": next,
    }
