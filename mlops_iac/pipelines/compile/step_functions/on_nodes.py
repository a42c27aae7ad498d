"""A Batch job of several nodes, submitted and then asked after until it has ended.

``batch:submitJob.sync`` knows containers only: it adds a variable to ``ContainerOverrides``, which Batch refuses for
such a job. So it is submitted by the SDK's integration, which knows every parameter, and is not stopped with the
execution: whoever stops a run stops it (`mlops_iac/runs/runners/step_functions`).

https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
"""

from __future__ import annotations

from typing import Final

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_start, task
from mlops_iac.pipelines.steps import ScriptStep

SDK: Final = "Batch.BatchException"
FAILED: Final = "JobFailed"
PAUSE, MOST_LOOKS = 60, 2_000
"""Seconds between two looks, at least; and looks that a job's own time takes, because an execution's history has an
end. It may wait for its machines first: that takes a look a minute."""


def followed(step: ScriptStep, submission: State, context: Context, first: str) -> States:
    """``first`` is the name of the state that submits."""
    _check(step)
    look, judge, wait, why = (f"{step.name}: {what}" for what in ("look", "judge", "wait", "why"))
    here = x.result(step.name)
    status = f"{here}.job.status"
    named = {"Jobs.$": f"States.Array({here}.job.id)"}
    told = {"id.$": "$.Jobs[0].JobId", "status.$": "$.Jobs[0].Status"}
    return {
        first: task(
            "aws-sdk:batch:submitJob",
            submission,
            look,
            generic=SDK,
            of=step,
            ResultSelector={"id.$": "$.JobId"},
            ResultPath=f"{here}.job",
        ),
        look: task(
            "aws-sdk:batch:describeJobs", named, judge, generic=SDK, ResultSelector=told, ResultPath=f"{here}.job"
        ),
        judge: {
            "Type": "Choice",
            "Choices": [
                {"Variable": status, "StringEquals": "SUCCEEDED", "Next": context.next},
                {"Variable": status, "StringEquals": "FAILED", "Next": why},
            ],
            "Default": wait,
        },
        wait: {"Type": "Wait", "Seconds": max(PAUSE, step.job_seconds // MOST_LOOKS), "Next": look},
        why: task(
            "aws-sdk:batch:describeJobs",
            named,
            failure_start(),
            generic=SDK,
            ResultSelector={"Error": FAILED, "Cause.$": "$.Jobs[0].StatusReason"},
            ResultPath=x.FAILURE,
        ),
    }


def _check(step: ScriptStep) -> None:
    """Raises PipelineError for what nobody would try again."""
    if step.retry and "job" in step.retry.errors:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` runs on {step.job.instance_count} machines of a queue together, and is to be tried "
            "again when its job has failed (`retry.errors`): Step Functions begins such a job and asks after it, and "
            "a call that went well is not tried again.",
            hint="leave `job` out of `errors`; Batch itself tries again where a machine was lost.",
        )
