"""A monitor step: find what was captured, compare it in a processing job, tell CloudWatch what came out."""

from __future__ import annotations

from mlops_iac.pipelines.compile import jobs, monitoring
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Task, Tasks, task
from mlops_iac.pipelines.compile.airflow.processing import processing_job
from mlops_iac.pipelines.compile.requests import processing_input
from mlops_iac.pipelines.steps import MonitorStep

OPERATOR = "LambdaInvokeFunctionOperator"


def compile_monitor(step: MonitorStep, context: Context) -> Tasks:
    """By SageMakerProcessingOperator, between LambdaInvokeFunctionOperator that find the window and publish.

    A job without network tells CloudWatch nothing.
    """
    job = step.processing()
    application = {"ImageUri": jobs.image(step.job, context.bindings), "ContainerEntrypoint": jobs.command(step.script)}
    window = processing_input(monitoring.WINDOW, x.json_part(step.name, "manifest"), job, context)
    window["S3Input"]["S3DataType"] = "ManifestFile"
    (compared,) = processing_job(
        job, context, application, processing_input("code", x.CODE_URI, job, context), window
    ).values()
    compare = f"{step.name}--job"
    return {
        step.name: _call("look", step, context),
        compare: {**compared, "after": [step.name]},
        f"{step.name}--tell": _call("tell", step, context, after=compare),
    }


def _call(what: str, step: MonitorStep, context: Context, after: str = "") -> Task:
    watcher = monitoring.watcher(step, context.pipeline, context.bindings)
    event = {"call": what, "run": x.RUN, "settings": monitoring.settings(step, context.bindings)}
    return task(OPERATOR, after=after, function_name=watcher, payload=x.to_json(event))
