"""A fetch step: a processing job whose input lies in another environment's lake."""

from __future__ import annotations

from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.requests import processing_input
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.processing import processing_job
from mlops_iac.pipelines.steps import FetchStep


def compile_fetch(step: FetchStep, context: Context) -> States:
    """Native: createProcessingJob.sync of the script that is shipped."""
    work = step.processing()
    application = {
        "ImageUri": jobs.image(work.job, context.bindings),
        "ContainerEntrypoint": jobs.command(work.script),
    }
    inputs = [processing_input("code", x.CODE_URI, work, context)]
    inputs.append(processing_input("package", x.parameter(step.package.parameter), work, context))
    return processing_job(work, context, application, *inputs)
