"""What a state machine's role must be allowed, read off the calls its definition makes.

Statements are data in IAM's own form. Every resource is named, or is a prefix `<stack>-` of names that runs give.

https://docs.aws.amazon.com/step-functions/latest/dg/sagemaker-iam.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions.calls import Call, find_call
from mlops_iac.pipelines.compile.step_functions.structure import all_states

Statement = dict[str, Any]

_JOBS: Mapping[str, tuple[str, str, str]] = {
    "createHyperParameterTuningJob": (
        "hyper-parameter-tuning-job",
        "HyperParameterTuningJob",
        "StepFunctionsGetEventsForSageMakerTuningJobsRule",
    ),
    "createProcessingJob": ("processing-job", "ProcessingJob", "StepFunctionsGetEventsForSageMakerProcessingJobsRule"),
    "createTrainingJob": ("training-job", "TrainingJob", "StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
    "createTransformJob": ("transform-job", "TransformJob", "StepFunctionsGetEventsForSageMakerTransformJobsRule"),
}
"""Jobs that are waited for: resource word, word in actions, and the rule by which Step Functions hears of their end."""

_NAMED = {"createModel": "model", "createEndpointConfig": "endpoint-config"}
"""What runs name ``<stack>-<run>-<step>``."""

_ENDPOINT = frozenset({"createEndpoint", "updateEndpoint", "describeEndpoint", "deleteEndpoint"})


def grants_for(document: Mapping[str, Any], bindings: Bindings) -> list[Statement]:
    """One statement for each thing that is allowed, each with a name of its own."""
    statements: dict[str, Statement] = {}
    for _, state in all_states(document):
        if state["Type"] == "Map":
            statements |= {statement["Sid"]: statement for statement in _map(state, bindings)}
        if state["Type"] != "Task":
            continue
        call = find_call(state["Resource"])
        if call is None:
            raise PipelineError("Unknown call.", f"`{state['Resource']}` is no service integration.")
        for statement in _statements(call, state["Parameters"], bindings):
            statements.setdefault(statement["Sid"], statement)
    return list(statements.values())


def _statements(call: Call, parameters: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    action = call.action
    if action in _JOBS:
        yield from _job(action, bindings)
    elif action == "submitJob":
        yield from _container(bindings, waits=not call.sdk)
    elif action == "describeJobs":
        yield _allow("FollowJobs", ["batch:DescribeJobs"], ["*"])
    elif action == "startJobRun":
        yield from _spark(bindings)
    elif action in _NAMED:
        arn = _arn(bindings, "sagemaker", f"{_NAMED[action]}/{bindings.stack}-*")
        yield _allow(_title(action), ["sagemaker:AddTags", f"sagemaker:{_title(action)}"], [arn])
        if action == "createModel":
            role = parameters["ExecutionRoleArn"]
            yield _pass_role("Job" if role == bindings.job_role_arn else "Model", role)
            packages = [_packages(bindings, group) for group in bindings.registries.values()]
            yield _allow("ReadModelPackages", ["sagemaker:DescribeModelPackage"], packages)
        elif "KmsKeyId" in parameters:
            yield _lend_key("Endpoint", parameters["KmsKeyId"])
    elif action == "describeHyperParameterTuningJob":
        return  # whoever starts one may look at it
    elif action in _ENDPOINT:
        yield from _endpoint(action, parameters["EndpointName"], bindings)
    elif action == "listModelPackages":
        yield _allow("ListModelPackages", ["sagemaker:ListModelPackages"], _registry(parameters, bindings))
    elif action == "createModelPackage":
        yield _allow("CreateModelPackage", ["sagemaker:CreateModelPackage"], _registry(parameters, bindings))
        # SageMaker reads the artifact and its metrics as the caller when a version is made.
        yield _allow("ReadModels", ["s3:GetObject"], [_objects(bindings, "models")])
    elif action == "getObject":
        yield _allow("ReadModels", ["s3:GetObject"], [_objects(bindings, "models")])
        if bindings.key_arn:
            through = {"StringEquals": {"kms:ViaService": f"s3.{bindings.region}.amazonaws.com"}}
            yield _allow("DecryptModels", ["kms:Decrypt"], [bindings.key_arn], through)
    elif action == "startQueryExecution":
        yield from _query(parameters, bindings)
    elif action == "executeStatement":
        groups = [one.workgroup_arn for one in bindings.warehouses.values()]
        yield _allow("AskWarehouse", ["redshift-data:ExecuteStatement"], groups)
        yield _allow("ConnectToWarehouse", ["redshift-serverless:GetCredentials"], groups)
    elif action in ("describeStatement", "cancelStatement"):
        yield _allow("FollowStatements", [f"redshift-data:{verb}Statement" for verb in ("Cancel", "Describe")], ["*"])
    elif action == "invoke":
        yield _allow("Invoke", ["lambda:InvokeFunction"], [parameters["FunctionName"]])
    elif action == "sendMessage":
        queue = parameters["QueueUrl"].rpartition("/")[2]
        yield _allow("Ask", ["sqs:SendMessage"], [_arn(bindings, "sqs", queue)])
        if bindings.key_arn:
            through = {"StringEquals": {"kms:ViaService": f"sqs.{bindings.region}.amazonaws.com"}}
            yield _allow("EncryptQuestions", ["kms:Decrypt", "kms:GenerateDataKey"], [bindings.key_arn], through)
    elif action == "publish":
        yield _allow("Publish", ["sns:Publish"], [parameters["TopicArn"]])
        if bindings.alerts_key_arn:
            through = {"StringEquals": {"kms:ViaService": f"sns.{bindings.region}.amazonaws.com"}}
            yield _allow("EncryptAlerts", ["kms:Decrypt", "kms:GenerateDataKey"], [bindings.alerts_key_arn], through)
    else:
        raise PipelineError("Unknown call.", f"No permissions are known for `{call.service}:{action}`.")


def _job(action: str, bindings: Bindings) -> Iterator[Statement]:
    """Start, follow and stop a job; Step Functions hears of its end by a rule of EventBridge that it makes itself."""
    word, name, rule = _JOBS[action]
    verbs = [
        "sagemaker:AddTags",
        "sagemaker:ListTags",
        *(f"sagemaker:{verb}{name}" for verb in ("Create", "Describe", "Stop")),
    ]
    yield _allow(f"{name}s", verbs, [_arn(bindings, "sagemaker", f"{word}/{bindings.stack}-*")])
    yield _allow(
        f"{name}Events",
        ["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        [_arn(bindings, "events", f"rule/{rule}")],
    )
    yield _pass_role("Job", bindings.job_role_arn)
    if bindings.key_arn:
        yield _lend_key("Job", bindings.key_arn)


def _map(state: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    """A child of a distributed Map is an execution of the machine itself, which its role starts and follows.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    yield _allow(
        "StartItems", ["states:StartExecution"], [_arn(bindings, "states", f"stateMachine:{bindings.stack}-*")]
    )
    executions = _arn(bindings, "states", f"execution:{bindings.stack}-*")
    yield _allow("FollowItems", ["states:DescribeExecution", "states:StopExecution"], [executions])
    if "ItemReader" in state:
        bucket = f"arn:{bindings.partition}:s3:::{bindings.bucket}"
        yield _allow("ReadItems", ["s3:GetObject"], [f"{bucket}/{zone}*" for zone in bindings.zones.values()])


def _container(bindings: Bindings, *, waits: bool) -> Iterator[Statement]:
    """Submit a job on a queue, and follow and stop it where Step Functions waits for it. AWS names jobs by number:
    their tag tells whose they are."""
    jobs = _arn(bindings, "batch", "job/*")
    queues = [one for queue in bindings.queues.values() for one in (queue.queue_arn, *queue.definitions)]
    yield _allow("SubmitJobs", ["batch:SubmitJob"], [jobs, *queues])
    yield _allow(
        "TagJobs", ["batch:TagResource"], [jobs], {"StringEquals": {f"aws:RequestTag/{STACK_TAG}": bindings.stack}}
    )
    if not waits:
        return
    yield _allow("FollowJobs", ["batch:DescribeJobs"], ["*"])
    yield _allow(
        "StopJobs", ["batch:TerminateJob"], [jobs], {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": bindings.stack}}
    )
    rule = _arn(bindings, "events", "rule/StepFunctionsGetEventsForBatchJobsRule")
    yield _allow("BatchJobEvents", ["events:DescribeRule", "events:PutRule", "events:PutTargets"], [rule])


def _spark(bindings: Bindings) -> Iterator[Statement]:
    """Start, follow and stop a job run, in the jobs' own role.

    https://docs.aws.amazon.com/step-functions/latest/dg/emr-serverless-iam.html
    """
    applications = [one.application_arn for one in bindings.spark.values()]
    jobs = [f"{arn}/jobruns/*" for arn in applications]
    yield _allow("StartSpark", ["emr-serverless:StartJobRun"], applications)
    yield _allow("FollowSpark", [f"emr-serverless:{verb}" for verb in ("CancelJobRun", "GetJobRun")], jobs)
    own = {"StringEquals": {f"aws:RequestTag/{STACK_TAG}": bindings.stack}}
    yield _allow("TagSpark", ["emr-serverless:TagResource"], [*applications, *jobs], own)
    rule = _arn(bindings, "events", "rule/StepFunctionsGetEventsForEMRServerlessJobRule")
    yield _allow("SparkEvents", ["events:DescribeRule", "events:PutRule", "events:PutTargets"], [rule])
    to = {"StringEquals": {"iam:PassedToService": "emr-serverless.amazonaws.com"}}
    yield _allow("PassSparkRole", ["iam:PassRole"], [one.role_arn for one in bindings.spark.values()], to)


def _query(parameters: Mapping[str, Any], bindings: Bindings) -> Iterator[Statement]:
    """Ask, follow and stop; Athena reads the catalogue and the tables, and writes the answer, as the caller."""
    group = _arn(bindings, "athena", f"workgroup/{parameters['WorkGroup']}")
    verbs = ("GetQueryExecution", "StartQueryExecution", "StopQueryExecution")
    yield _allow("Queries", [f"athena:{verb}" for verb in verbs], [group])
    database = parameters["QueryExecutionContext"]["Database"]
    tables = [_arn(bindings, "glue", what) for what in ("catalog", f"database/{database}", f"table/{database}/*")]
    yield _allow("Catalogue", [f"glue:Get{what}" for what in ("Database", "Partitions", "Table")], tables)
    bucket = f"arn:{bindings.partition}:s3:::{bindings.bucket}"
    yield _allow("QueryBucket", ["s3:GetBucketLocation", "s3:ListBucket"], [bucket])
    objects = [_objects(bindings, zone) for zone in sorted(bindings.zones)]
    yield _allow("QueryObjects", ["s3:GetObject", "s3:PutObject"], [*objects, f"{bucket}/athena/*"])
    if bindings.key_arn:
        through = {"StringEquals": {"kms:ViaService": f"s3.{bindings.region}.amazonaws.com"}}
        yield _allow("QueryKey", ["kms:Decrypt", "kms:GenerateDataKey"], [bindings.key_arn], through)


def _endpoint(action: str, name: str, bindings: Bindings) -> Iterator[Statement]:
    endpoint = _arn(bindings, "sagemaker", f"endpoint/{name.lower()}")
    resources = [endpoint]
    if action in ("createEndpoint", "updateEndpoint"):
        resources.append(_arn(bindings, "sagemaker", f"endpoint-config/{bindings.stack}-*"))
    actions = [f"sagemaker:{_title(action)}"]
    if action == "createEndpoint":
        actions.append("sagemaker:AddTags")
    yield _allow(_title(action), actions, resources)


def _allow(
    sid: str, actions: list[str], resources: list[str], condition: Mapping[str, Mapping[str, Any]] | None = None
) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _pass_role(who: str, role_arn: str) -> Statement:
    to = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return _allow(f"Pass{who}Role", ["iam:PassRole"], [role_arn], to)


def _lend_key(who: str, key_arn: str) -> Statement:
    """Disks are encrypted by a grant on the key that the caller gives to AWS, and to nobody else."""
    return _allow(
        f"Lend{who}Key",
        ["kms:CreateGrant", "kms:DescribeKey"],
        [key_arn],
        {"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )


def _registry(parameters: Mapping[str, Any], bindings: Bindings) -> list[str]:
    """The group that a call names, and its versions."""
    name = parameters["ModelPackageGroupName"]
    return [_arn(bindings, "sagemaker", f"model-package-group/{name}"), _packages(bindings, name)]


def _packages(bindings: Bindings, group: str) -> str:
    return _arn(bindings, "sagemaker", f"model-package/{group}/*")


def _objects(bindings: Bindings, zone: str) -> str:
    return f"arn:{bindings.partition}:s3:::{bindings.bucket}/{bindings.zones[zone]}*"


def _arn(bindings: Bindings, service: str, resource: str) -> str:
    return f"arn:{bindings.partition}:{service}:{bindings.region}:{bindings.account_id}:{resource}"


def _title(action: str) -> str:
    return action[:1].upper() + action[1:]
