"""What the environment's role must be allowed for a DAG, read off its tasks. Statements in IAM's own form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.pipelines.compile.bindings import Bindings

Statement = dict[str, Any]

_JOBS: Mapping[str, tuple[str, str]] = {
    "SageMakerProcessingOperator": ("processing-job", "ProcessingJob"),
    "SageMakerTrainingOperator": ("training-job", "TrainingJob"),
    "SageMakerTransformOperator": ("transform-job", "TransformJob"),
}


def grants_for(document: Mapping[str, Any], bindings: Bindings) -> list[Statement]:
    """One statement for each thing that is allowed, each with a name of its own."""
    statements: dict[str, Statement] = {}
    for task in document["tasks"].values():
        for statement in _statements(task["operator"], task["arguments"], bindings):
            statements.setdefault(statement["Sid"], statement)
    return list(statements.values())


def _statements(operator: str, arguments: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    if operator in _JOBS:
        word, name = _JOBS[operator]
        verbs = [f"sagemaker:{verb}{name}" for verb in ("Create", "Describe", "Stop")]
        jobs = _arn(bindings, "sagemaker", f"{word}/{bindings.stack}-*")
        yield _allow(f"{name}s", ["sagemaker:AddTags", "sagemaker:ListTags", *verbs], [jobs])
        yield _pass_role("Job", bindings.job_role_arn)
        if bindings.key_arn:
            yield _lend_key("Job", bindings.key_arn)
        if operator == "SageMakerTransformOperator":
            models = _arn(bindings, "sagemaker", f"model/{bindings.stack}-*")
            verbs = [f"sagemaker:{verb}" for verb in ("AddTags", "CreateModel", "DescribeModel")]
            yield _allow("Models", verbs, [models])
            packages = [_arn(bindings, "sagemaker", f"model-package/{name}/*") for name in bindings.registries.values()]
            yield _allow("ReadModelPackages", ["sagemaker:DescribeModelPackage"], packages)
        yield from _look_at_data(bindings)
    elif operator == "AskQuery":
        yield from _query(arguments["event"], bindings)
    elif operator == "RunOnQueue":
        yield from _container(bindings)
    elif operator == "RunOnSpark":
        yield from _spark(bindings)
    elif operator == "SageMakerTuningOperator":
        yield from _tuning(bindings)
        yield from _look_at_data(bindings)
    elif operator in ("Gate", "Choose", "ReadEvaluation"):
        yield from _read(bindings, "Models", "models")
    elif operator == "Register":
        yield _allow(
            "CreateModelPackage",
            ["sagemaker:CreateModelPackage"],
            _registry(arguments["request"]["ModelPackageGroupName"], bindings),
        )
        yield from _read(bindings, "Models", "models")
    elif operator == "FindChampion":
        groups = _registry(arguments["group"], bindings)
        yield _allow("ListModelPackages", ["sagemaker:ListModelPackages"], groups)
    elif operator == "StartDeployment":
        yield from _deploy(arguments["request"], bindings)
    elif operator == "LambdaInvokeFunctionOperator":
        names = {
            bindings.card_writer_arn: "WriteCards",
            bindings.features_arn: "Features",
            bindings.verifier_arn: "Verify",
        }
        what = names.get(arguments["function_name"], "Watch")
        yield _allow(what, ["lambda:InvokeFunction"], [arguments["function_name"]])
    elif operator == "SnsPublishOperator":
        yield from _publish(arguments["target_arn"], bindings)
    elif operator == "Ask":
        queue = arguments["queue_url"].rpartition("/")[2]
        yield _allow("Ask", ["sqs:SendMessage"], [_arn(bindings, "sqs", queue)])
        if bindings.key_arn:
            yield _use_key(
                "EncryptQuestions", ["kms:Decrypt", "kms:GenerateDataKey"], bindings.key_arn, "sqs", bindings
            )


def _look_at_data(bindings: Bindings) -> Iterator[Statement]:
    """The provider looks whether the inputs of a training are there before it asks for the job."""
    bucket = f"arn:{bindings.partition}:s3:::{bindings.bucket}"
    yield _allow("LookAtBucket", ["s3:ListBucket"], [bucket])
    yield from _read(bindings, "Data", *sorted(bindings.zones))


def _read(bindings: Bindings, what: str, *zones: str) -> Iterator[Statement]:
    objects = [f"arn:{bindings.partition}:s3:::{bindings.bucket}/{bindings.zones[zone]}*" for zone in zones]
    yield _allow(f"Read{what}", ["s3:GetObject"], objects)
    if bindings.key_arn:
        yield _use_key(f"Decrypt{what}", ["kms:Decrypt"], bindings.key_arn, "s3", bindings)


def _tuning(bindings: Bindings) -> Iterator[Statement]:
    jobs = _arn(bindings, "sagemaker", "hyper-parameter-tuning-job/*")
    tag = f"aws:{{}}Tag/{STACK_TAG}"
    asked, there = ({"StringEquals": {tag.format(what): bindings.stack}} for what in ("Request", "Resource"))
    yield _allow("CreateTuningJobs", ["sagemaker:CreateHyperParameterTuningJob"], [jobs], asked)
    begun = _arn(bindings, "sagemaker", f"hyper-parameter-tuning-job/{bindings.stack[:8].rstrip('-')}*")
    yield _allow("TagTuningJobs", ["sagemaker:AddTags"], [begun])
    verbs = ("DescribeHyperParameterTuningJob", "ListTags", "StopHyperParameterTuningJob")
    yield _allow("TuningJobs", [f"sagemaker:{verb}" for verb in verbs], [jobs], there)
    yield _pass_role("Job", bindings.job_role_arn)


def _container(bindings: Bindings) -> Iterator[Statement]:
    """Submit, follow and stop a job on a queue. AWS names jobs by number: their tag tells whose they are."""
    jobs, tag = _arn(bindings, "batch", "job/*"), f"aws:{{}}Tag/{STACK_TAG}"
    asked, there = ({"StringEquals": {tag.format(what): bindings.stack}} for what in ("Request", "Resource"))
    queues = [one for queue in bindings.queues.values() for one in (queue.queue_arn, *queue.definitions)]
    yield _allow("SubmitJobs", ["batch:SubmitJob"], [jobs, *queues])
    yield _allow("TagJobs", ["batch:TagResource"], [jobs], asked)
    yield _allow("FollowJobs", ["batch:DescribeJobs"], ["*"])
    yield _allow("StopJobs", ["batch:TerminateJob"], [jobs], there)


def _spark(bindings: Bindings) -> Iterator[Statement]:
    """Start, follow and stop a job run, in the jobs' own role."""
    applications = [one.application_arn for one in bindings.spark.values()]
    jobs = [f"{arn}/jobruns/*" for arn in applications]
    own = {"StringEquals": {f"aws:RequestTag/{STACK_TAG}": bindings.stack}}
    to = {"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}
    yield _allow("StartSpark", ["emr-serverless:StartJobRun"], applications)
    yield _allow("FollowSpark", [f"emr-serverless:{verb}" for verb in ("CancelJobRun", "GetJobRun")], jobs)
    yield _allow("TagSpark", ["emr-serverless:TagResource"], [*applications, *jobs], own)
    yield _allow("PassSparkRole", ["iam:PassRole"], [one.role_arn for one in bindings.spark.values()], to)


def _query(event: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    """Ask, follow and stop. Athena reads the catalogue and the tables, and writes the answer, as the caller; a
    warehouse does in its own role."""
    if event.get("source") == "warehouse":
        groups = [one.workgroup_arn for one in bindings.warehouses.values()]
        yield _allow("AskWarehouse", ["redshift-data:ExecuteStatement"], groups)
        yield _allow("ConnectToWarehouse", ["redshift-serverless:GetCredentials"], groups)
        yield _allow("FollowStatements", [f"redshift-data:{verb}Statement" for verb in ("Cancel", "Describe")], ["*"])
        return
    group, database = _arn(bindings, "athena", f"workgroup/{event['workgroup']}"), event["database"]
    verbs = ("GetQueryExecution", "StartQueryExecution", "StopQueryExecution")
    yield _allow("Queries", [f"athena:{verb}" for verb in verbs], [group])
    tables = [_arn(bindings, "glue", what) for what in ("catalog", f"database/{database}", f"table/{database}/*")]
    yield _allow("Catalogue", [f"glue:Get{what}" for what in ("Database", "Partitions", "Table")], tables)
    bucket = f"arn:{bindings.partition}:s3:::{bindings.bucket}"
    yield _allow("QueryBucket", ["s3:GetBucketLocation", "s3:ListBucket"], [bucket])
    objects = [f"{bucket}/{prefix}*" for prefix in bindings.zones.values()]
    yield _allow("QueryObjects", ["s3:GetObject", "s3:PutObject"], [*objects, f"{bucket}/athena/*"])
    if bindings.key_arn:
        yield _use_key("QueryKey", ["kms:Decrypt", "kms:GenerateDataKey"], bindings.key_arn, "s3", bindings)


def _deploy(request: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    settings = request["settings"]
    endpoint = _arn(bindings, "sagemaker", f"endpoint/{request['endpoint'].lower()}")
    configurations = _arn(bindings, "sagemaker", f"endpoint-config/{bindings.stack}-*")
    models = _arn(bindings, "sagemaker", f"model/{bindings.stack}-*")
    yield _allow("DeployModels", ["sagemaker:AddTags", "sagemaker:CreateModel"], [models])
    made = ["sagemaker:AddTags", "sagemaker:CreateEndpointConfig", "sagemaker:DescribeEndpointConfig"]
    yield _allow("Configurations", made, [configurations])
    changed = ("CreateEndpoint", "UpdateEndpoint")
    actions = [f"sagemaker:{verb}" for verb in ("AddTags", "DeleteEndpoint", "DescribeEndpoint")]
    yield _allow("FollowEndpoint", actions, [endpoint])
    yield _allow("ChangeEndpoint", [f"sagemaker:{verb}" for verb in changed], [configurations, endpoint])
    yield _pass_role("Model", settings["role"])
    packages = [_arn(bindings, "sagemaker", f"model-package/{name}/*") for name in bindings.registries.values()]
    yield _allow("ReadModelPackages", ["sagemaker:DescribeModelPackage"], packages)
    if "scaler" in settings:
        yield _allow("Scale", ["lambda:InvokeFunction"], [settings["scaler"]])
    if "KmsKeyId" in settings["config"]:
        yield _lend_key("Endpoint", settings["config"]["KmsKeyId"])


def _publish(topic: str, bindings: Bindings) -> Iterator[Statement]:
    yield _allow("Publish", ["sns:Publish"], [topic])
    if bindings.alerts_key_arn:
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        yield _use_key("EncryptAlerts", actions, bindings.alerts_key_arn, "sns", bindings)


def _pass_role(who: str, role_arn: str) -> Statement:
    to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return _allow(f"Pass{who}Role", ["iam:PassRole"], [role_arn], to)


def _lend_key(who: str, key_arn: str) -> Statement:
    """Disks are encrypted by a grant on the key that the caller gives to AWS, and to nobody else."""
    to = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return _allow(f"Lend{who}Key", ["kms:CreateGrant", "kms:DescribeKey"], [key_arn], to)


def _use_key(sid: str, actions: list[str], key_arn: str, service: str, bindings: Bindings) -> Statement:
    through = {"StringEquals": {"kms:ViaService": f"{service}.{bindings.region}.amazonaws.com"}}
    return _allow(sid, actions, [key_arn], through)


def _registry(group: str, bindings: Bindings) -> list[str]:
    return [
        _arn(bindings, "sagemaker", f"model-package-group/{group}"),
        _arn(bindings, "sagemaker", f"model-package/{group}/*"),
    ]


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: Mapping[str, Mapping[str, Any]] | None = None
) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _arn(bindings: Bindings, service: str, resource: str) -> str:
    return f"arn:{bindings.partition}:{service}:{bindings.region}:{bindings.account_id}:{resource}"
