"""A notify step: a message to the alerts topic, with what it names of the run."""

from __future__ import annotations

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.evaluation import metric_keys
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.steps import NotifyStep
from mlops_iac.pipelines.steps.notify import PLACE, RUN


def compile_notify(step: NotifyStep, context: Context) -> States:
    """Native: sns:publish, behind s3:getObject for metrics."""
    topic = context.bindings.alerts_topic_arn
    if topic is None:
        raise PipelineError(
            "There is nobody to tell.",
            f"Step `{step.name}` of pipeline `{context.pipeline.name}` needs an alerts topic; none is bound.",
            hint="bind the environment's alerts, or leave the step out.",
        )
    states = _read(step, context) if step.metrics else {}
    send = f"{step.name}: send" if states else step.name
    message = x.text(PLACE.sub("{}", step.message), *(_path(step, place) for place in step.places))
    states[send] = task(
        "sns:publish",
        {"TopicArn": topic, "Subject": step.subject, "Message.$": message},
        context.next,
        generic="SNS.AmazonSNSException",
        ResultPath=None,
    )
    return states


def _read(step: NotifyStep, context: Context) -> States:
    key = f"{context.key(context.folder(step.evaluation))}{EVALUATION}"
    call = task(
        "aws-sdk:s3:getObject",
        {"Bucket": context.bindings.bucket, "Key.$": x.text(key, context.run_of(step.evaluation))},
        f"{step.name}: send",
        generic="S3.S3Exception",
        ResultSelector={"evaluation.$": "States.StringToJson($.Body)"},
        ResultPath=x.result(step.name),
    )
    return {step.name: call}


def _path(step: NotifyStep, place: str) -> str:
    if place == RUN:
        return x.RUN
    if place in step.parameters:
        return x.parameter(step.parameters[place].parameter)
    return x.inside(f"{x.result(step.name)}.evaluation", *metric_keys(place))
