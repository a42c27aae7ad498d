"""A notify step: a message to the alerts topic, with what it names of the run."""

from __future__ import annotations

import json

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.evaluation import metric_keys
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.steps import NotifyStep


def compile_notify(step: NotifyStep, context: Context) -> list[Native]:
    """By a Lambda step, whose function reads the metrics and publishes: no type of step does."""
    topic, notifier = context.bindings.alerts_topic_arn, context.bindings.notifier_arn
    if topic is None or notifier is None:
        raise PipelineError(
            "There is nobody to tell.",
            f"Step `{step.name}` of pipeline `{context.pipeline.name}` needs an alerts topic and a notifier; "
            f"no {'alerts topic' if topic is None else 'notifier'} is bound.",
            hint="bind the environment's alerts and the orchestrator's notifier, or leave the step out.",
        )
    arguments = {
        "topic": topic,
        "subject": step.subject,
        "message": step.message,
        "run": x.get(x.RUN),
        **{place: x.get(given.parameter) for place, given in step.parameters.items()},
    }
    if step.metrics:
        keys = {metric: list(metric_keys(metric)) for metric in step.metrics}
        arguments |= {
            "evaluation": context.evaluation_uri(step.evaluation),
            "metrics": json.dumps(keys, separators=(",", ":")),
        }
    return [
        {
            "Name": step.name,
            "Type": "Lambda",
            "FunctionArn": notifier,
            "Arguments": arguments,
            "OutputParameters": [{"OutputName": "told", "OutputType": "String"}],
        }
    ]
