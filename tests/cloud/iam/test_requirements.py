"""What operations need, one case a line: service, operation, parameters, and the actions with their ARNs."""

from __future__ import annotations

import pytest

from mlops_iac.cloud.iam.gaps import find_gaps
from mlops_iac.cloud.iam.passing import passed_roles
from mlops_iac.cloud.iam.reference import find_service, read_data, source
from mlops_iac.cloud.iam.requirements import Place, UnknownOperation, requirements

PLACE = Place(partition="aws", region="eu-west-1", account="123456789012")
SM, LOGS = "arn:aws:sagemaker:eu-west-1:123456789012", "arn:aws:logs:eu-west-1:123456789012"
GLUE, EC2 = "arn:aws:glue:eu-west-1:123456789012", "arn:aws:ec2:eu-west-1:123456789012"
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:flow"
RUN = "arn:aws:states:eu-west-1:123456789012:execution:flow:run"

CASES = [
    ("s3", "GetObject", {"Bucket": "b", "Key": "raw/x"}, ["s3:GetObject arn:aws:s3:::b/raw/x"]),
    ("s3", "GetObject", {"Bucket": "b", "Key": "x", "VersionId": "1"}, ["s3:GetObjectVersion arn:aws:s3:::b/x"]),
    ("s3", "HeadObject", {"Bucket": "b", "Key": "x"}, ["s3:GetObject arn:aws:s3:::b/x"]),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "raw/"}, ["s3:ListBucket arn:aws:s3:::b"]),
    ("s3", "HeadBucket", {"Bucket": "b"}, ["s3:ListBucket arn:aws:s3:::b"]),
    ("s3", "ListBuckets", {}, ["s3:ListAllMyBuckets *"]),
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "x", "Tagging": "a=b"},
        ["s3:PutObject arn:aws:s3:::b/x", "s3:PutObjectTagging arn:aws:s3:::b/x"],
    ),
    (
        "s3",
        "DeleteObjects",
        {"Bucket": "b", "Delete": {"Objects": [{"Key": "x"}, {"Key": "y", "VersionId": "1"}]}},
        ["s3:DeleteObject arn:aws:s3:::b/x", "s3:DeleteObjectVersion arn:aws:s3:::b/y"],
    ),
    (
        "s3",
        "CopyObject",
        {"Bucket": "b", "Key": "x", "CopySource": "other/a%20b", "TaggingDirective": "REPLACE"},
        ["s3:GetObject arn:aws:s3:::other/a b", "s3:PutObject arn:aws:s3:::b/x"],
    ),
    ("sagemaker", "CreateTrainingJob", {"TrainingJobName": "t"}, [f"sagemaker:CreateTrainingJob {SM}:training-job/t"]),
    (
        "sagemaker",
        "CreateEndpoint",
        {"EndpointName": "e", "EndpointConfigName": "c", "Tags": [{"Key": "a", "Value": "b"}]},
        [
            f"sagemaker:CreateEndpoint {SM}:endpoint-config/c",
            f"sagemaker:CreateEndpoint {SM}:endpoint/e",
            f"sagemaker:AddTags {SM}:endpoint/e",
        ],
    ),
    ("sagemaker", "AddTags", {"ResourceArn": f"{SM}:model/m"}, [f"sagemaker:AddTags {SM}:model/m"]),
    ("sagemaker", "ListModels", {}, ["sagemaker:ListModels *"]),
    (
        "application-autoscaling",
        "RegisterScalableTarget",
        {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/main"},
        [
            "application-autoscaling:RegisterScalableTarget "
            "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*"
        ],
    ),
    (
        "iam",
        "CreateServiceLinkedRole",
        {"AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"},
        [
            "iam:CreateServiceLinkedRole arn:aws:iam::123456789012:role/aws-service-role/"
            "sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        ],
    ),
    (
        "sagemaker-metrics",
        "BatchPutMetrics",
        {"TrialComponentName": "c"},
        [f"sagemaker:BatchPutMetrics {SM}:experiment-trial-component/c"],
    ),
    (
        "sagemaker",
        "CreateModelPackage",
        {"ModelPackageGroupName": "g"},
        [f"sagemaker:CreateModelPackage {SM}:model-package/g/*"],
    ),
    ("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": "e"}, [f"sagemaker:InvokeEndpoint {SM}:endpoint/e"]),
    ("stepfunctions", "StartExecution", {"stateMachineArn": MACHINE}, [f"states:StartExecution {MACHINE}"]),
    ("stepfunctions", "StopExecution", {"executionArn": RUN}, [f"states:StopExecution {RUN}"]),
    ("logs", "CreateLogGroup", {"logGroupName": "/g"}, [f"logs:CreateLogGroup {LOGS}:log-group:/g:log-stream:"]),
    (
        "logs",
        "PutLogEvents",
        {"logGroupName": "/g", "logStreamName": "s"},
        [f"logs:PutLogEvents {LOGS}:log-group:/g:log-stream:s"],
    ),
    ("kms", "Decrypt", {"KeyId": "alias/lake"}, ["kms:Decrypt arn:aws:kms:eu-west-1:123456789012:key/k-1"]),
    (
        "glue",
        "GetTable",
        {"DatabaseName": "d", "Name": "t"},
        [f"glue:GetTable {GLUE}:catalog", f"glue:GetTable {GLUE}:database/d", f"glue:GetTable {GLUE}:table/d/t"],
    ),
    ("cloudwatch", "PutMetricData", {"Namespace": "n"}, ["cloudwatch:PutMetricData *"]),
    ("sqs", "SendMessage", {"QueueUrl": "http://h/1/q"}, ["sqs:SendMessage arn:aws:sqs:eu-west-1:123456789012:q"]),
    (
        "ssm",
        "GetParameter",
        {"Name": "/a/b"},
        ["ssm:GetParameter arn:aws:ssm:eu-west-1:123456789012:parameter/a/b"],
    ),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "f"},
        ["lambda:InvokeFunction arn:aws:lambda:eu-west-1:123456789012:function:f"],
    ),
    (
        "ec2",
        "TerminateInstances",
        {"InstanceIds": ["i-1", "i-2"]},
        [f"ec2:TerminateInstances {EC2}:instance/i-1", f"ec2:TerminateInstances {EC2}:instance/i-2"],
    ),
    ("ec2", "CreateVolume", {"AvailabilityZone": "a"}, [f"ec2:CreateVolume {EC2}:volume/*"]),  # an id that is made
    ("sts", "GetCallerIdentity", {}, []),
]


def resolve(what: str, name: str) -> str | None:
    return {"key": "k-1", "function": name}.get(what)


@pytest.mark.parametrize(("service", "operation", "parameters", "needs"), CASES)
def test_an_operation_needs(service, operation, parameters, needs):
    found = requirements(service, operation, parameters, PLACE, resolve)
    assert [f"{need.action} {need.resource}" for need in found] == needs


@pytest.mark.parametrize(("service", "operation"), [("sagemaker", "PutEndpointPolicy"), ("quantum", "CreateQubit")])
def test_what_nobody_knows_is_told_and_not_guessed(service, operation):
    with pytest.raises(UnknownOperation, match=operation):
        requirements(service, operation, {}, PLACE, resolve)


def test_every_exception_names_an_action_that_exists():
    for prefix, operations in read_data("operations.json")["operations"].items():
        known = find_service(prefix)
        assert known is not None
        for operation, entries in operations.items():
            for entry in entries:
                action = entry if isinstance(entry, str) else entry["action"]
                assert action in known.actions, f"{operation}: {prefix}:{action}"


def test_every_action_that_services_use_in_a_role_exists():
    listed = [
        value for part in read_data("services.json").values() if isinstance(part, dict) for value in part.values()
    ]
    actions = {action for value in listed if isinstance(value, list) for action in value}
    assert actions
    for action in actions:
        prefix, _, name = action.partition(":")
        assert name in find_service(prefix).actions, action


def test_the_data_tells_its_source_and_date():
    assert "0.21.2026" in source()


def test_what_the_environments_use_has_no_gap():
    gaps = {each.service: each for each in find_gaps()}
    for service in ("s3", "kms", "sns", "stepfunctions", "sts", "sagemaker-runtime", "secretsmanager"):
        assert gaps[service].partly == (), service
    assert "CreateTrainingJob" not in (*gaps["sagemaker"].unknown, *gaps["sagemaker"].partly)


ROLE = "arn:aws:iam::123456789012:role/job"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "passed"),
    [
        ("sagemaker", "CreateTrainingJob", {"RoleArn": ROLE}, [(ROLE, "sagemaker.amazonaws.com")]),
        ("sagemaker", "CreateModel", {"ExecutionRoleArn": ROLE}, [(ROLE, "sagemaker.amazonaws.com")]),
        ("stepfunctions", "CreateStateMachine", {"roleArn": ROLE}, [(ROLE, "states.amazonaws.com")]),
        ("scheduler", "CreateSchedule", {"Target": {"RoleArn": ROLE}}, [(ROLE, "scheduler.amazonaws.com")]),
        ("events", "PutTargets", {"Targets": [{"RoleArn": ROLE}]}, [(ROLE, "events.amazonaws.com")]),
        ("lambda", "CreateFunction", {"Role": ROLE}, [(ROLE, "lambda.amazonaws.com")]),
        (
            "batch",
            "RegisterJobDefinition",
            {"containerProperties": {"jobRoleArn": ROLE}},
            [(ROLE, "ecs-tasks.amazonaws.com")],
        ),
        ("batch", "CreateComputeEnvironment", {"serviceRole": ROLE}, [(ROLE, "batch.amazonaws.com")]),
        ("sagemaker", "DescribeTrainingJob", {"RoleArn": ROLE}, []),
        ("sagemaker", "CreateTrainingJob", {"Environment": {"ROLE": "job"}}, []),
        ("sts", "AssumeRole", {"RoleArn": ROLE}, []),
    ],
)
def test_roles_that_a_request_hands_over(service, operation, parameters, passed):
    assert passed_roles(service, operation, parameters) == passed
