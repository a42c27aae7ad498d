"""A spark step: one job run of EMR Serverless, waited for.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-serverless.html
"""

from __future__ import annotations

from typing import Final

from mlops_iac.pipelines.compile import spark
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import SparkStep

GENERIC: Final = "EMRServerless.AWSEMRServerlessException"
"""The base of EMR Serverless's errors in AWS's SDK for Java, which names those of optimized integrations."""


def compile_spark(step: SparkStep, context: Context) -> States:
    """Native: emr-serverless:startJobRun.sync."""
    bindings = context.bindings
    where = spark.application(step, bindings)
    # A call that is tried again begins no second job, and a state that is entered again does.
    token = x.text(f"mlops-iac:{bindings.stack}:{{}}:{step.name}:{{}}", x.RUN, "$$.State.EnteredTime")
    parameters = {
        "ApplicationId": where.application_id,
        "ExecutionRoleArn": where.role_arn,
        "ClientToken.$": f"States.Hash({token}, 'SHA-256')",
        "Name.$": context.name(step),
        "ExecutionTimeoutMinutes": step.max_minutes,
        "JobDriver": {
            "SparkSubmit": {
                "EntryPoint.$": x.text(f"{{}}{spark.LAUNCHER}", x.CODE_URI),
                "EntryPointArguments.$": x.array(*_arguments(step, context)),
                "SparkSubmitParameters.$": x.text(spark.submit_parameters(step, bindings), x.CODE_URI, x.RUN),
            }
        },
        "Tags": {**spark.tags(bindings), f"{spark.RUN_TAG}.$": x.RUN},
    }
    call = task(
        "emr-serverless:startJobRun.sync",
        parameters,
        context.next,
        generic=GENERIC,
        # The folders say it all; a job's description would only fill the payload.
        ResultPath=None,
    )
    return {step.name: call}


def _arguments(step: SparkStep, context: Context) -> list[str]:
    told = {name: context.uri(source) for name, source in step.inputs.items()}
    told |= {name: context.folder_uri(output) for name, output in step.outputs.items()}
    for name, value in step.arguments.items():
        own = isinstance(value, FromParameter)
        told[name] = x.text("{}", x.parameter(value.parameter)) if own else x.quoted(value)  # type: ignore[union-attr, arg-type]
    words = (word for name, value in told.items() for word in (x.quoted(f"--{name}"), value))
    return [x.quoted(step.script), *words]
