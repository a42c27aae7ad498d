"""A monitor step: find what was captured, compare it in a processing job, tell CloudWatch what came out."""

from __future__ import annotations

from mlops_iac.pipelines.compile import jobs, monitoring
from mlops_iac.pipelines.compile.requests import processing_input
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.processing import processing_job
from mlops_iac.pipelines.steps import MonitorStep


def compile_monitor(step: MonitorStep, context: Context) -> list[Native]:
    """By a Lambda step that finds the window, a Processing step, and a Lambda step that publishes metrics.

    A job without network tells CloudWatch nothing.
    """
    job = step.processing()
    application = {"ImageUri": jobs.image(step.job, context.bindings), "ContainerEntrypoint": jobs.command(step.script)}
    window = processing_input(monitoring.WINDOW, x.made(step.name, "OutputParameters['manifest']"), job, context)
    window["S3Input"]["S3DataType"] = "ManifestFile"
    (compared,) = processing_job(
        job, context, application, processing_input("code", x.get(x.CODE_URI), job, context), window
    )
    compare, tell = f"{step.name}--job", f"{step.name}--tell"
    return [
        _call("look", step.name, "manifest", step, context),
        {**compared, "Name": compare},
        {**_call("tell", tell, "told", step, context), "DependsOn": [compare]},
    ]


def _call(what: str, name: str, answer: str, step: MonitorStep, context: Context) -> Native:
    return {
        "Name": name,
        "Type": "Lambda",
        "FunctionArn": monitoring.watcher(step, context.pipeline, context.bindings),
        "Arguments": {"call": what, "run": x.get(x.RUN), "settings": monitoring.settings(step, context.bindings)},
        "OutputParameters": [{"OutputName": answer, "OutputType": "String"}],
    }
