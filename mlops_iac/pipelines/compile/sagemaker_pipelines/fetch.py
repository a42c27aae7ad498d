"""A fetch step: a processing job whose input lies in another environment's lake."""

from __future__ import annotations

from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.requests import processing_input
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.processing import processing_job
from mlops_iac.pipelines.steps import FetchStep


def compile_fetch(step: FetchStep, context: Context) -> list[Native]:
    """Native: a Processing step of the script that is shipped."""
    work = step.processing()
    application = {
        "ImageUri": jobs.image(work.job, context.bindings),
        "ContainerEntrypoint": jobs.command(work.script),
    }
    inputs = [processing_input("code", x.get(x.CODE_URI), work, context)]
    inputs.append(processing_input("package", x.get(step.package.parameter), work, context))
    return processing_job(work, context, application, *inputs)
