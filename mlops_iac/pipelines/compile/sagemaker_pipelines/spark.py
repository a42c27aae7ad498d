"""A spark step: one job run of EMR Serverless.

The form of its arguments is that of `EMRServerlessStep` in the SageMaker SDK 3 (`sagemaker.mlops.workflow`), read
2026-11-30: a job's configuration has the names of StartJobRun.
"""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import spark
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import SparkStep


def compile_spark(step: SparkStep, context: Context) -> list[Native]:
    """Native: an EMRServerless step."""
    bindings = context.bindings
    where = spark.application(step, bindings)
    code, run = x.get(x.CODE_URI), x.get(x.RUN)
    job = {
        "applicationId": where.application_id,
        "executionRoleArn": where.role_arn,
        "executionTimeoutMinutes": step.max_minutes,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": x.text(f"{{}}{spark.LAUNCHER}", code),
                "entryPointArguments": [step.script, *_arguments(step, context)],
                "sparkSubmitParameters": x.text(spark.submit_parameters(step, bindings), code, run),
            }
        },
        "tags": {**spark.tags(bindings), spark.RUN_TAG: run},
    }
    arguments = {"ApplicationId": where.application_id, "ExecutionRoleArn": where.role_arn, "JobConfig": job}
    return [{"Name": step.name, "Type": "EMRServerless", "Arguments": arguments}]


def _arguments(step: SparkStep, context: Context) -> list[Any]:
    told = {name: context.uri(source) for name, source in step.inputs.items()}
    told |= {name: context.folder_uri(output) for name, output in step.outputs.items()}
    for name, value in step.arguments.items():
        told[name] = x.join(x.get(value.parameter)) if isinstance(value, FromParameter) else value
    return [word for name, value in told.items() for word in (f"--{name}", value)]
