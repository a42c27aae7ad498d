"""An approval step: a Callback step, whose token SageMaker puts into the environment's queue.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Callback step)
"""

from __future__ import annotations

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import ask_at
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.limits import CALLBACK_HOURS
from mlops_iac.pipelines.steps import ApprovalStep

KEPT = ("by", "at", "reason")
"""What is kept of an answer, as outputs of the step."""


def compile_approval(step: ApprovalStep, context: Context) -> list[Native]:
    """Native: a Callback step over a queue of SQS."""
    if step.max_hours != CALLBACK_HOURS:
        raise PipelineError(
            "This target cannot run this kind of step.",
            f"Step `{step.name}` waits {step.max_hours:g} hours (`max_hours`); SageMaker ends a callback after "
            f"{CALLBACK_HOURS} hours and takes no other time.",
            hint="leave `max_hours` out, or choose `orchestrator: step-functions`.",
        )
    return [
        {
            "Name": step.name,
            "Type": "Callback",
            "SqsQueueUrl": ask_at(step, context.pipeline, context.bindings),
            "Arguments": {"run": x.get(x.RUN), "step": step.name},
            "OutputParameters": [{"OutputName": name, "OutputType": "String"} for name in KEPT],
        }
    ]
