"""A spark step: one job run of EMR Serverless."""

from __future__ import annotations

from typing import Any

from mlops_iac.pipelines.compile import spark
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.airflow.context import Context, Tasks, task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import SparkStep

OPERATOR = "RunOnSpark"


def compile_spark(step: SparkStep, context: Context) -> Tasks:
    """By EmrServerlessStartJobOperator, as a task of the helper that tells the number of its job."""
    bindings = context.bindings
    where = spark.application(step, bindings)
    submit = {
        "entryPoint": x.text(x.CODE_URI, spark.LAUNCHER),
        "entryPointArguments": [step.script, *_arguments(step, context)],
        "sparkSubmitParameters": context.text(spark.submit_parameters(step, bindings), x.CODE_URI, x.RUN),
    }
    begun = task(
        OPERATOR,
        application_id=where.application_id,
        execution_role_arn=where.role_arn,
        name=x.name(step.name),
        job_driver={"sparkSubmit": submit},
        config={
            "executionTimeoutMinutes": step.max_minutes,
            "tags": {**spark.tags(bindings), spark.RUN_TAG: x.RUN},
        },
        job_seconds=step.seconds,
    )
    return {step.name: begun}


def _arguments(step: SparkStep, context: Context) -> list[Any]:
    told = {name: context.uri(source) for name, source in step.inputs.items()}
    told |= {name: context.folder_uri(output) for name, output in step.outputs.items()}
    for name, value in step.arguments.items():
        told[name] = x.text(x.parameter(value.parameter)) if isinstance(value, FromParameter) else value
    return [word for name, value in told.items() for word in (f"--{name}", value)]
