"""What happens when a call fails: try again when that may help, else tell the team and end.

How AWS names errors decides what can be tried again, because a retrier compares names only:

SageMaker.ResourceLimitExceededException  an account's quota is used up: waiting helps
SageMaker.AmazonSageMakerException        optimized integrations: throttling, and also a request that SageMaker refuses
SageMaker.SageMakerException              the same for ``aws-sdk`` integrations
States.TaskFailed                         the job was started and failed: the script, its data, or its time limit

Throttling and a refused request share a name, so these are tried again, but only for about half a minute; requests
are checked against the API before they are deployed, which leaves throttling as the likely cause. A failed job is
tried again only where a step asks for it (``retry``): the same script on the same data fails again. A job's name can be
used once, so the names of such a step's jobs end in the number of the attempt. SageMaker's own errors inside a training
job are retried by SageMaker (``RetryStrategy``).

Names: https://docs.aws.amazon.com/step-functions/latest/dg/sample-train-model.html and
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html#aws-sdk-integration-error-codes
"""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import State, States
from mlops_iac.pipelines.compile.step_functions.limits import SUBJECT_LENGTH
from mlops_iac.pipelines.retries import Retry
from mlops_iac.pipelines.steps import JobStep

NOTIFY = "Tell the team"
NAME = "Name the failure"
FAILED, JOB_FAILED, BROKE_OFF = "Failed", "Job failed", "Broke off"


LIMIT = "SageMaker.ResourceLimitExceededException"
ANYTHING = "States.ALL"


def retry(*, generic: str, asked: Retry | None = None) -> list[State]:
    """Retriers of a call; ``generic`` is the service's name for errors without one of their own, ``asked`` what the
    step itself says. The first retrier that names an error decides."""
    own = [] if asked is None else [_asked(asked, generic)]
    named = {name for one in own for name in one["ErrorEquals"]}
    return [*(one for one in _usual(generic) if not named & {*one["ErrorEquals"]}), *own]


def _asked(asked: Retry, generic: str) -> State:
    names = {
        "job": ["States.TaskFailed"],
        "limit": [LIMIT],
        "service": [generic],
        "throttling": [generic, "ThrottlingException"],
    }
    found = [name for error in asked.errors for name in names.get(error, ())]
    return {
        "ErrorEquals": sorted({*found}) or [ANYTHING],
        "IntervalSeconds": asked.interval_seconds,
        "MaxAttempts": asked.attempts,
        "BackoffRate": asked.backoff,
    }


def check_retry(step: JobStep) -> None:
    """Raise PipelineError for what Step Functions cannot tell apart: a retrier sees an error's name, not its cause."""
    asked = step.retry.errors if step.retry else ()
    hidden = sorted({"capacity", "internal"} & {*asked})
    if hidden and "job" not in asked:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` is tried again after `{hidden[0]}` (`retry.errors`); for Step Functions that "
            "is a failed job like any other.",
            hint="add `job` to `errors`: a failed job is tried again whatever its cause.",
        )


def _usual(generic: str) -> list[State]:
    return [
        {
            "ErrorEquals": [LIMIT],
            "IntervalSeconds": 60,
            "MaxAttempts": 8,
            "BackoffRate": 1.5,
            "MaxDelaySeconds": 600,
            "JitterStrategy": "FULL",
        },
        {
            "ErrorEquals": [generic, "ThrottlingException"],
            "IntervalSeconds": 2,
            "MaxAttempts": 4,
            "BackoffRate": 2.0,
            "JitterStrategy": "FULL",
        },
    ]


def catch() -> list[State]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": x.FAILURE, "Next": failure_start()}]


def failure_start() -> str:
    """The first state of the failure path; what failed lies in ``$.failure`` as ``Error`` and ``Cause``."""
    return NOTIFY


def task(
    resource: str, parameters: State, next: str, *, generic: str | None, of: JobStep | None = None, **fields: Any
) -> State:
    """One call, by its integration (``sagemaker:createModel``), which the document's partition makes an ARN of.

    ``generic=None``: never tried again; ``of``: the step whose job it is, which may be tried again.
    """
    if of is not None:
        check_retry(of)
    retries = {"Retry": retry(generic=generic, asked=of.retry if of else None)} if generic else {}
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        **fields,
        **retries,
        "Catch": catch(),
        "Next": next,
    }


def failure_states(stack: str, pipeline: str, topic_arn: str | None) -> States:
    """Tell the team, and end with the original error and cause."""
    return {NOTIFY: _notify(stack, pipeline, topic_arn), **ends()}


def _notify(stack: str, pipeline: str, topic_arn: str | None) -> State:
    """Publish to the alerts topic. That telling fails must not hide what failed."""
    if topic_arn is None:
        return {"Type": "Pass", "Comment": "No alerts topic.", "Next": NAME}
    sentence = f"Run {{}} of pipeline {pipeline} in {stack} ended with {{}}: {{}}"
    retrier = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2.0}
    return {
        "Type": "Task",
        "Resource": "sns:publish",
        "Parameters": {
            "TopicArn": topic_arn,
            "Subject": f"{stack}: {pipeline} did not finish"[: SUBJECT_LENGTH - 1],
            "Message.$": x.text(sentence, x.RUN, f"{x.FAILURE}.Error", f"{x.FAILURE}.Cause"),
        },
        "ResultPath": None,
        "Retry": [{**retrier, "JitterStrategy": "FULL"}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.notification", "Next": NAME}],
        "Next": NAME,
    }


def ends(suffix: str = "") -> States:
    """How something ends that failed: the whole execution, or (with a ``suffix`` to the states' names) one branch.

    Error names that start with ``States.`` are reserved: a Fail state may not use one, so those get names of ours.

    https://states-language.net/spec.html#error-representation
    """
    error, cause = f"{x.FAILURE}.Error", f"{x.FAILURE}.Cause"
    name, job_failed, broke_off, failed = (f"{state}{suffix}" for state in (NAME, JOB_FAILED, BROKE_OFF, FAILED))
    return {
        name: {
            "Type": "Choice",
            "Choices": [
                {"Variable": error, "StringEquals": "States.TaskFailed", "Next": job_failed},
                {"Variable": error, "StringMatches": "States.*", "Next": broke_off},
            ],
            "Default": failed,
        },
        job_failed: {"Type": "Fail", "Error": "JobFailed", "CausePath": cause},
        broke_off: {"Type": "Fail", "Error": "PipelineFailed", "CausePath": x.text("{}: {}", error, cause)},
        failed: {"Type": "Fail", "ErrorPath": error, "CausePath": cause},
    }
