"""A notify step: a message to the alerts topic, with what it names of the run."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.evaluation import metric_keys
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.steps import NotifyStep
from mlops_iac.pipelines.steps.notify import PLACE, RUN

OPERATOR, READ = "SnsPublishOperator", "ReadEvaluation"


def compile_notify(step: NotifyStep, context: Context) -> Tasks:
    """Native: SnsPublishOperator, behind a task of the helper that reads metrics."""
    topic = context.bindings.alerts_topic_arn
    if topic is None:
        raise PipelineError(
            "There is nobody to tell.",
            f"Step `{step.name}` of pipeline `{context.pipeline.name}` needs an alerts topic; none is bound.",
            hint="bind the environment's alerts, or leave the step out.",
        )
    words = PLACE.split(step.message)  # between two texts stands the name in braces
    message = x.text(*(_value(step, part) if at % 2 else part for at, part in enumerate(words) if part))
    publish: dict[str, Any] = {"target_arn": topic, "subject": step.subject, "message": message}
    if not step.metrics:
        return {step.name: task(OPERATOR, **publish)}
    file = context.file_uri(step.evaluation, EVALUATION)
    send = task(OPERATOR, after=step.name, **publish)
    return {step.name: task(READ, file=file), f"{step.name}--send": send}


def _value(step: NotifyStep, place: str) -> dict[str, Any]:
    if place == RUN:
        return x.RUN
    if place in step.parameters:
        return x.parameter(step.parameters[place].parameter)
    return x.made(step.name, *metric_keys(place))
