"""A gate step: conditions on metrics in property files. Behind it lie the steps that need it, or one that fails."""

from __future__ import annotations

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.evaluation import SIGNS, metric_keys
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.conditions import Comparison
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import GateStep
from mlops_iac.pipelines.steps.featured import FeaturedStep

OPERATORS = {"at_least": "GreaterThanOrEqualTo", "at_most": "LessThanOrEqualTo"}

REFUSED = "GateRefused"
"""What the message of a refusal starts with. The metrics' values are not in it: a Fail step's message takes parameters
and properties, and a value in a file is neither."""


def compile_gate(step: GateStep, context: Context) -> list[Native]:
    """Native: a Condition step over property files, with a Fail step on its other way."""
    comparisons = step.comparisons()
    bounds = [x.get(one.bound.parameter) for one in comparisons if isinstance(one.bound, FromParameter)]
    message = x.text(f"{REFUSED}: {', '.join(map(_wanted, comparisons))}", *bounds)
    refuse = {"Name": f"{step.name}--refuse", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    arguments = {"Conditions": [condition(one, context) for one in comparisons], "IfSteps": [], "ElseSteps": [refuse]}
    return [{"Name": step.name, "Type": "Condition", "Arguments": arguments}]


def condition(one: Comparison, context: Context) -> Native:
    """Whether a metric keeps its bound."""
    return {
        "Type": OPERATORS[one.direction],
        "LeftValue": _value(one, context),
        "RightValue": x.get(one.bound.parameter) if isinstance(one.bound, FromParameter) else one.bound,
    }


def _value(one: Comparison, context: Context) -> Native:
    """A metric: in a property file, which only a job has, or among what a function answers."""
    step, keys = context.pipeline.get_step(one.evaluation.step), metric_keys(one.metric)
    if not isinstance(step, FeaturedStep):
        return x.json_get(one.evaluation.step, one.evaluation.output, *keys)
    if keys[-1] not in step.figures:
        raise PipelineError(
            "There is no such metric.",
            f"Step `{step.name}` has no `{one.metric}`; it has: {', '.join(step.figures)}.",
            hint=did_you_mean(one.metric, step.figures),
        )
    return x.made(step.name, f"OutputParameters['{keys[-1]}']")


def _wanted(one: Comparison) -> str:
    bound = "{}" if isinstance(one.bound, FromParameter) else f"{one.bound:g}"
    return f"{one.metric} must be {SIGNS[one.direction]} {bound}"
