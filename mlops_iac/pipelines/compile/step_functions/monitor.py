"""A monitor step: find what was captured, compare it in a processing job, tell CloudWatch what came out."""

from __future__ import annotations

from dataclasses import replace

from mlops_iac.pipelines.compile import jobs, monitoring
from mlops_iac.pipelines.compile.requests import processing_input
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.compile.step_functions.processing import processing_job
from mlops_iac.pipelines.steps import MonitorStep

GENERIC = "Lambda.ServiceException"


def compile_monitor(step: MonitorStep, context: Context) -> States:
    """By lambda:invoke that finds the window, createProcessingJob.sync, and lambda:invoke that publishes metrics.

    A job without network tells CloudWatch nothing.
    """
    compare, tell = f"{step.name}: compare", f"{step.name}: tell"
    job = step.processing()
    application = {"ImageUri": jobs.image(step.job, context.bindings), "ContainerEntrypoint": jobs.command(step.script)}
    window = processing_input(monitoring.WINDOW, f"{x.result(step.name)}.manifest", job, context)
    window["S3Input"]["S3DataType"] = "ManifestFile"
    code = processing_input("code", x.CODE_URI, job, context)
    compared = processing_job(job, replace(context, next=tell), application, code, window)
    return {
        step.name: _call("look", step, context, compare),
        compare: compared[step.name],
        tell: _call("tell", step, context, context.next),
    }


def _call(what: str, step: MonitorStep, context: Context, next: str) -> State:
    parameters = {
        "FunctionName": monitoring.watcher(step, context.pipeline, context.bindings),
        "Payload": {"call": what, "run.$": x.RUN, "settings": monitoring.settings(step, context.bindings)},
    }
    kept: State = {"ResultPath": None}
    if what == "look":
        kept = {"ResultSelector": {"manifest.$": "$.Payload.manifest"}, "ResultPath": x.result(step.name)}
    return task("lambda:invoke", parameters, next, generic=GENERIC, **kept)
