"""A gate step: a condition on a metric in a property file. Behind it lie the steps that need it, or one that fails."""

from __future__ import annotations

from mlops_iac.core.evaluation import SIGNS, metric_keys
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.steps import GateStep

OPERATORS = {"at_least": "GreaterThanOrEqualTo", "at_most": "LessThanOrEqualTo"}

REFUSED = "GateRefused"
"""What the message of a refusal starts with. The metric's value is not in it: a Fail step's message takes parameters
and properties, and a value in a file is neither."""


def compile_gate(step: GateStep, context: Context) -> list[Native]:
    """Native: a Condition step over a property file."""
    bound = x.get(step.bound.parameter)
    condition = {
        "Type": OPERATORS[step.direction],
        "LeftValue": x.json_get(step.evaluation.step, step.evaluation.output, *metric_keys(step.metric)),
        "RightValue": bound,
    }
    words = f"{REFUSED}: {step.metric} must be {SIGNS[step.direction]} {{}}"
    refuse = {"Name": f"{step.name}--refuse", "Type": "Fail", "Arguments": {"ErrorMessage": x.text(words, bound)}}
    arguments = {"Conditions": [condition], "IfSteps": [], "ElseSteps": [refuse]}
    return [{"Name": step.name, "Type": "Condition", "Arguments": arguments}]
