"""An approval step: a message with a task token in the environment's queue, and no way on until it is answered.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from __future__ import annotations

from mlops_iac.core.approvals import TIMED_OUT
from mlops_iac.pipelines.compile.bindings import ask_at
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import catch, failure_start, task
from mlops_iac.pipelines.steps import ApprovalStep


def compile_approval(step: ApprovalStep, context: Context) -> States:
    """Native: sqs:sendMessage.waitForTaskToken."""
    late = f"{step.name}: too late"
    question = {"run.$": x.RUN, "step": step.name}
    ask = task(
        "sqs:sendMessage.waitForTaskToken",
        {
            "QueueUrl": ask_at(step, context.pipeline, context.bindings),
            "MessageBody": {"token.$": "$$.Task.Token", "arguments": question},
        },
        context.next,
        generic="SQS.AmazonSQSException",
        TimeoutSeconds=step.seconds,
        ResultPath=x.result(step.name),
    )
    ask["Catch"] = [{"ErrorEquals": ["States.Timeout"], "ResultPath": x.FAILURE, "Next": late}, *catch()]
    return {
        step.name: ask,
        late: {
            "Type": "Pass",
            "Result": {"Error": TIMED_OUT, "Cause": f"nobody answered within {step.max_hours:g} hours"},
            "ResultPath": x.FAILURE,
            "Next": failure_start(),
        },
    }
