"""What a pipeline's role must be allowed, read off the steps of its definition. Statements in IAM's own form.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps

Statement = dict[str, Any]

_JOBS: Mapping[str, tuple[str, str]] = {
    "Processing": ("processing-job", "ProcessingJob"),
    "Training": ("training-job", "TrainingJob"),
    "Transform": ("transform-job", "TransformJob"),
}


def grants_for(document: Mapping[str, Any], bindings: Bindings) -> list[Statement]:
    """One statement for each thing that is allowed, each with a name of its own."""
    statements: dict[str, Statement] = {}
    for step in all_steps(document["Steps"]):
        for statement in _statements(step, bindings):
            statements.setdefault(statement["Sid"], statement)
    return list(statements.values())


def _statements(step: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    kind = step["Type"]
    if kind in _JOBS:
        word, name = _JOBS[kind]
        verbs = [f"sagemaker:{verb}{name}" for verb in ("Create", "Describe", "Stop")]
        jobs = _arn(bindings, "sagemaker", f"{word}/{bindings.stack}-*")
        yield _allow(f"{name}s", ["sagemaker:AddTags", "sagemaker:ListTags", *verbs], [jobs])
        yield _pass_job_role(bindings)
    elif kind == "Tuning":
        yield from _tuning(bindings)
    elif kind == "Model":
        models = _arn(bindings, "sagemaker", f"model/{bindings.stack}-*")
        yield _allow("Models", [f"sagemaker:{verb}" for verb in ("AddTags", "CreateModel", "DescribeModel")], [models])
        yield _pass_job_role(bindings)
        packages = [_arn(bindings, "sagemaker", f"model-package/{name}/*") for name in bindings.registries.values()]
        yield _allow("ReadModelPackages", ["sagemaker:DescribeModelPackage"], packages)
    elif kind == "RegisterModel":
        group = step["Arguments"]["ModelPackageGroupName"]
        arns = [
            _arn(bindings, "sagemaker", f"model-package-group/{group}"),
            _arn(bindings, "sagemaker", f"model-package/{group}/*"),
        ]
        yield _allow("CreateModelPackage", ["sagemaker:CreateModelPackage"], arns)
        yield from _read_models(bindings)
    elif kind == "Condition":
        yield from _read_models(bindings)
    elif kind == "Callback":
        queue = step["SqsQueueUrl"].rpartition("/")[2]
        yield _allow("Ask", ["sqs:SendMessage"], [_arn(bindings, "sqs", queue)])
        if bindings.key_arn:
            through = {"StringEquals": {"kms:ViaService": f"sqs.{bindings.region}.amazonaws.com"}}
            yield _allow("EncryptQuestions", ["kms:Decrypt", "kms:GenerateDataKey"], [bindings.key_arn], through)
    elif kind == "EMRServerless":
        yield from _spark(bindings)
    elif kind == "Lambda":
        names = {
            bindings.card_writer_arn: "WriteCards",
            bindings.notifier_arn: "Tell",
            bindings.querier_arn: "Query",
            bindings.features_arn: "Features",
            bindings.watcher_arn: "Watch",
            bindings.verifier_arn: "Verify",
            bindings.deployer_arn: "Deploy",
        }
        yield _allow(names.get(step["FunctionArn"], "Deploy"), ["lambda:InvokeFunction"], [step["FunctionArn"]])


def _pass_job_role(bindings: Bindings) -> Statement:
    to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return _allow("PassJobRole", ["iam:PassRole"], [bindings.job_role_arn], to)


def _spark(bindings: Bindings) -> Iterator[Statement]:
    """Start, follow and stop a job run, in the jobs' own role."""
    applications = [one.application_arn for one in bindings.spark.values()]
    yield _allow("StartSpark", ["emr-serverless:StartJobRun"], applications)
    jobs = [f"{arn}/jobruns/*" for arn in applications]
    yield _allow("FollowSpark", [f"emr-serverless:{verb}" for verb in ("CancelJobRun", "GetJobRun")], jobs)
    own = {"StringEquals": {f"aws:RequestTag/{STACK_TAG}": bindings.stack}}
    yield _allow("TagSpark", ["emr-serverless:TagResource"], [*applications, *jobs], own)
    to = {"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}
    yield _allow("PassSparkRole", ["iam:PassRole"], [one.role_arn for one in bindings.spark.values()], to)


def _tuning(bindings: Bindings) -> Iterator[Statement]:
    """SageMaker gives tuning jobs names of its own, in 32 characters: a stack's are told by their tag."""
    jobs = _arn(bindings, "sagemaker", "hyper-parameter-tuning-job/*")
    tag = f"aws:{{}}Tag/{STACK_TAG}"
    asked, there = ({"StringEquals": {tag.format(what): bindings.stack}} for what in ("Request", "Resource"))
    yield _allow("CreateTuningJobs", ["sagemaker:CreateHyperParameterTuningJob"], [jobs], asked)
    begun = _arn(bindings, "sagemaker", f"hyper-parameter-tuning-job/{bindings.stack[:8].rstrip('-')}*")
    yield _allow("TagTuningJobs", ["sagemaker:AddTags"], [begun])
    follow = ("DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob")
    verbs = (*follow, "ListTags", "StopHyperParameterTuningJob")
    yield _allow("TuningJobs", [f"sagemaker:{verb}" for verb in verbs], [jobs], there)
    yield _pass_job_role(bindings)


def _read_models(bindings: Bindings) -> Iterator[Statement]:
    """Property files are read, and artifacts looked at, as the pipeline's role."""
    objects = f"arn:{bindings.partition}:s3:::{bindings.bucket}/{bindings.zones['models']}*"
    yield _allow("ReadModels", ["s3:GetObject"], [objects])
    if bindings.key_arn:
        through = {"StringEquals": {"kms:ViaService": f"s3.{bindings.region}.amazonaws.com"}}
        yield _allow("DecryptModels", ["kms:Decrypt"], [bindings.key_arn], through)


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: Mapping[str, Mapping[str, Any]] | None = None
) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _arn(bindings: Bindings, service: str, resource: str) -> str:
    return f"arn:{bindings.partition}:{service}:{bindings.region}:{bindings.account_id}:{resource}"
