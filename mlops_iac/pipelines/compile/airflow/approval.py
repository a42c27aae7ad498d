"""An approval step: one task puts the question into the environment's queue, another waits until the answer stands in a
variable of Airflow, where its API puts it."""

from __future__ import annotations

from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.compile.bindings import ask_at
from mlops_iac.pipelines.steps import ApprovalStep

ASK, WAIT = "Ask", "AwaitAnswer"


def compile_approval(step: ApprovalStep, context: Context) -> Tasks:
    """By a sensor that holds no worker, behind a message to SQS; the answer is a variable of Airflow."""
    url = ask_at(step, context.pipeline, context.bindings)
    return {
        step.name: task(ASK, queue_url=url, run=x.RUN, step=step.name),
        f"{step.name}--wait": task(WAIT, after=step.name, token=x.made(step.name), seconds=step.seconds),
    }
