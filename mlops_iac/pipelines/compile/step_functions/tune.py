"""A tuning step: one SageMaker tuning job, waited for, and then asked for its best training."""

from __future__ import annotations

from mlops_iac.pipelines.compile import tuning
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.compile.step_functions.training import hyperparameters, made_uri, training_request
from mlops_iac.pipelines.steps import TuneStep


def compile_tune(step: TuneStep, context: Context) -> States:
    """Native: createHyperParameterTuningJob.sync; describeHyperParameterTuningJob names the best training."""
    ask, keep = f"{step.name}: ask", f"{step.name}: keep"
    here = x.result(step.name)
    parameters: State = {
        "HyperParameterTuningJobName.$": context.job_name(step),
        "HyperParameterTuningJobConfig": tuning.configuration(step),
        **tuning.warm_start(step),
        "TrainingJobDefinition": {
            **training_request(step, context),
            **hyperparameters("StaticHyperParameters", step, context),
        },
        "Tags": context.tags(),
    }
    search = task(
        "sagemaker:createHyperParameterTuningJob.sync",
        parameters,
        ask,
        generic="SageMaker.AmazonSageMakerException",
        of=step,
        ResultSelector={"job.$": "$.HyperParameterTuningJobName"},
        ResultPath=here,
    )
    best = task(
        "aws-sdk:sagemaker:describeHyperParameterTuningJob",
        {"HyperParameterTuningJobName.$": f"{here}.job"},
        keep,
        generic="SageMaker.SageMakerException",
        ResultSelector={"best.$": "$.BestTrainingJob.TrainingJobName"},
        ResultPath=here,
    )
    model = made_uri(step, context, f"{{}}/{tuning.MODEL}", f"{here}.best")
    return {
        step.name: search,
        ask: best,
        keep: {"Type": "Pass", "Parameters": {"model.$": model}, "ResultPath": here, "Next": context.next},
    }
