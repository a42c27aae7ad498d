"""A gate step: a task of the helper reads evaluation files and compares metrics with bounds. What needs it waits for
it, and does not begin when it fails."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.evaluation import metric_keys
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.conditions import EVALUATION, Comparison
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import GateStep

OPERATOR = "Gate"


def compile_gate(step: GateStep, context: Context) -> Tasks:
    """By a task of the helper that reads the files; one that refuses fails, and names each condition."""
    conditions = [condition(one, context) for one in step.comparisons()]
    return {step.name: task(OPERATOR, gate=step.name, conditions=conditions)}


def condition(one: Comparison, context: Context) -> dict[str, Any]:
    """One metric and its bound, as the helper takes them."""
    bound = x.parameter(one.bound.parameter) if isinstance(one.bound, FromParameter) else one.bound
    return {
        "file": context.file_uri(one.evaluation, EVALUATION),
        "metric": one.metric,
        "keys": [*metric_keys(one.metric)],
        "direction": one.direction,
        "bound": bound,
    }
