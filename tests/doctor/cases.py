"""For each check a subject that passes and one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_iac.blueprints.parts.queue_options import Pool
from mlops_iac.blueprints.parts.spark_options import SparkSettings
from mlops_iac.core.java import Java
from mlops_iac.doctor.checks import clock, disk, external
from mlops_iac.doctor.subject import Built, Resource, Subject
from mlops_iac.external.wandb import Wandb
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import TrainingStep
from tests.support.recorded_aws import ACCOUNT, Answer, Refusal, recorded

STACK = "screening-dev"
REGION = {"aws:region": "eu-west-1"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"
CALLER: Answer = {
    "Account": ACCOUNT,
    "UserId": "AROA:me",
    "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/me",
}
BUCKET = "aws:s3/bucket:Bucket"
POOL = Resource(
    "aws:batch/computeEnvironment:ComputeEnvironment",
    {"computeResources": {"type": "SPOT", "instanceTypes": ["g5"], "maxVcpus": 32}},
)
BUILT = Built(
    resources=(
        Resource("aws:ec2/vpc:Vpc", {}),
        Resource(BUCKET, {"bucket": "screening-dev-lake"}),
        POOL,
    ),
    outputs={"endpoints": {"main": {"capacity": {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}}}},
)


def simulated(denied: str = "") -> Answer:
    """IAM's simulator; it denies one action."""

    def answer(params: Mapping[str, Any]) -> Mapping[str, Any]:
        names = [value for key, value in params["body"].items() if key.startswith("ActionNames")]
        return {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "implicitDeny" if name == denied else "allowed"}
                for name in names
            ],
            "IsTruncated": False,
        }

    return answer


def quota(name: str, value: float, code: str = "L-12345678") -> dict[str, Any]:
    return {"QuotaName": name, "Value": value, "QuotaCode": code}


SAGEMAKER = (
    quota("ml.m5.large for training job usage", 4),
    quota("ml.m5.large for processing job usage", 4),
    quota("ml.m5.large for endpoint usage", 4),
)


def applied(vpcs: float = 5, spot: float = 64) -> Answer:
    def answer(params: Mapping[str, Any]) -> Mapping[str, Any]:
        code = str(params["body"])
        for word, value in (("L-F678F1CE", vpcs), ("L-3819A6DF", spot)):
            if word in code:
                return {"Quota": quota("x", value, word)}
        return Refusal("NoSuchResourceException")

    return answer


def used(vpcs: int = 1, roles: int = 30, **more: Answer) -> dict[str, Answer]:
    """What an account holds."""
    return {
        "resourcegroupstaggingapi.GetResources": {"ResourceTagMappingList": []},
        "ec2.DescribeVpcs": {"Vpcs": [{"VpcId": f"vpc-{number}"} for number in range(vpcs)]},
        "ec2.DescribeVpcEndpoints": {"VpcEndpoints": []},
        "iam.GetAccountSummary": {
            "SummaryMap": {"Roles": roles, "RolesQuota": 1000, "Policies": 3, "PoliciesQuota": 1500}
        },
        "kms.ListKeys": {"Keys": [], "Truncated": False},
        "s3.ListBuckets": {"Buckets": []},
        "cloudwatch.ListDashboards": {"DashboardEntries": []},
        "batch.DescribeComputeEnvironments": {"computeEnvironments": []},
        "batch.DescribeJobQueues": {"jobQueues": []},
        "service-quotas.GetServiceQuota": applied(),
        "service-quotas.ListServiceQuotas": {"Quotas": SAGEMAKER},
        **more,
    }


def offered(*zones: str) -> Answer:
    return {"InstanceTypeOfferings": [{"InstanceType": "g5.xlarge", "Location": zone} for zone in zones]}


def listed(*services: str) -> Answer:
    path = "/aws/service/global-infrastructure/regions/eu-west-1/services"
    return {"Parameters": [{"Name": f"{path}/{service}", "Value": service} for service in services]}


def on_aws(subject: Subject, answers: Mapping[str, Answer], built: Built = BUILT) -> Subject:
    clients = recorded({"sts.GetCallerIdentity": CALLER, **answers})
    return replace(subject, cloud="aws", connect=lambda region, profile: clients, build=lambda stack: built)


Make = Callable[[Subject, pytest.MonkeyPatch], Subject]


def as_it_is(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    return subject


def _old_python(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr("sys.version_info", (3, 10, 4, "final", 0))
    return subject


def _broken_stack(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    file = _root(subject) / f"stacks/Pulumi.{STACK}.yaml"
    file.write_text(file.read_text().replace("eu-west-1", "eu-wset-1"))
    return subject


def _broken_state(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    file = _root(subject) / f".mlops-iac/state/.pulumi/stacks/mlops-iac/{STACK}.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    return subject


def _full_disk(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr(disk.os, "statvfs", lambda folder: SimpleNamespace(f_fsid=1, f_bavail=100, f_frsize=4096))
    return subject


def _no_port(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    def refuse() -> int:
        raise PermissionError(13, "Permission denied")

    patch.setattr("mlops_iac.doctor.checks.loopback._free_port", refuse)
    return subject


def _no_interpreter(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr("mlops_iac.core.interpreters.find_interpreter", lambda framework: None)
    patch.setattr("mlops_iac.core.interpreters.find_uv", lambda: None)
    return subject


def _with_spark(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr(Subject, "opened", SimpleNamespace(options=SimpleNamespace(spark=SparkSettings())))
    patch.setattr("mlops_iac.doctor.checks.java.find_java", lambda: Java(Path("/usr/lib/jvm/java-17"), 17))
    return subject


def _no_java(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    _with_spark(subject, patch)
    patch.setattr("mlops_iac.doctor.checks.java.find_java", lambda: None)
    patch.setattr("mlops_iac.core.java.find_java", lambda: None)
    return subject


def _no_cli(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    patch.setenv("PATH", "/nowhere")
    return on_aws(subject, {})


def _a_cli(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    patch.setattr(
        "mlops_iac.backends.pulumi_cli.find_cli", lambda: SimpleNamespace(version="3.260.0", command="/bin/pulumi")
    )
    return on_aws(subject, {})


def _slow_clock(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
    true = clock.now
    asked = on_aws(subject, {})
    assert asked.caller  # asked by the true clock
    patch.setattr(clock, "now", lambda: true() - timedelta(seconds=450))
    return asked


def _with(answers: Mapping[str, Answer]) -> Make:
    return lambda subject, patch: on_aws(subject, answers)


def _root(subject: Subject) -> Path:
    assert subject.root is not None
    return subject.root


BASE = TrainingStep(name="train", script="train.py", channels={"base": "s3://acme-models/tiny/"})
THERE: dict[str, Answer] = {
    "s3.HeadBucket": {"BucketRegion": "eu-west-1"},
    "s3.ListObjectsV2": {"KeyCount": 1},
    "s3.GetBucketEncryption": {
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        }
    },
}
"""A bucket with a base model."""


def reads_it(answers: Mapping[str, Answer]) -> Make:
    """A stack with a step that reads it."""

    def make(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
        patch.setattr(Subject, "pipelines", (Pipeline(name="tuning", steps=(BASE,)),))
        return on_aws(subject, {**THERE, **answers})

    return make


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"


def uses_it(secret: Answer, **written: str) -> Make:
    """A stack that uses Weights & Biases, which answers; what AWS says of its secret."""

    def make(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
        fields = {"kind": "wandb", "entity": "acme", "project": "churn", "secret": "acme/wandb", **written}
        options = SimpleNamespace(external={"wandb": Wandb.model_validate(fields)})
        patch.setattr(Subject, "opened", SimpleNamespace(options=options, settings=SimpleNamespace(values=REGION)))
        patch.setattr(external, "_ask", lambda address: 200)
        return on_aws(subject, {"secretsmanager.DescribeSecret": secret})

    return make


RESERVED = {
    "CapacityReservationId": "cr-0a1b2c3d4e5f67890",
    "InstanceType": "p5.48xlarge",
    "AvailabilityZone": "eu-west-1a",
    "State": "active",
    "ReservationType": "capacity-block",
    "TotalInstanceCount": 4,
    "AvailableInstanceCount": 3,
}


def reserves(answer: Answer) -> Make:
    """A stack whose queue names a Capacity Block in the first zone; what EC2 says of it."""

    def make(subject: Subject, patch: pytest.MonkeyPatch) -> Subject:
        reservation = {"id": RESERVED["CapacityReservationId"], "block": True}
        told = {"instance_types": ("p5.48xlarge",), "buying": ("on_demand",), "subnet": 1, "reservation": reservation}
        options = SimpleNamespace(
            pools_by_place={"batch.gpu": Pool.model_validate(told)}, adopt=SimpleNamespace(network=None)
        )
        opened = SimpleNamespace(options=options, settings=SimpleNamespace(values=REGION), stack=STACK)
        patch.setattr(Subject, "opened", opened)
        subnets = tuple(
            Resource("aws:ec2/subnet:Subnet", {"availabilityZone": zone}) for zone in ("eu-west-1a", "eu-west-1b")
        )
        return on_aws(subject, {"ec2.DescribeCapacityReservations": answer}, Built(resources=subnets))

    return make


def records(recording: str, *others: str) -> Make:
    """A stack with a recorder of its own, or with rules alone, in a region that has these."""
    kind, inputs = ("recorder:Recorder", {"name": "ours"}) if recording == "own" else ("rule:Rule", {})
    answers: Mapping[str, Answer] = {
        "config.DescribeConfigurationRecorders": {"ConfigurationRecorders": [{"name": one} for one in others]},
        "config.DescribeConfigurationRecorderStatus": {
            "ConfigurationRecordersStatus": [{"name": one, "recording": one != "asleep"} for one in others]
        },
    }
    return lambda subject, patch: on_aws(subject, answers, Built(resources=(Resource(f"aws:cfg/{kind}", inputs),)))


PASSES: Mapping[str, Make] = {
    "python": as_it_is,
    "settings": as_it_is,
    "state": as_it_is,
    "disk": as_it_is,
    "loopback": as_it_is,
    "interpreters": as_it_is,
    "java": _with_spark,
    "pulumi": _a_cli,
    "credentials": _with({}),
    "clock": _with({}),
    "services": _with({"ssm.GetParametersByPath": listed("s3", "ec2", "batch")}),
    "permissions": _with({"iam.SimulatePrincipalPolicy": simulated()}),
    "quotas": _with(used()),
    "instances": _with({**used(), "ec2.DescribeInstanceTypeOfferings": offered("eu-west-1a", "eu-west-1b")}),
    "reservations": reserves({"CapacityReservations": [RESERVED]}),
    "base_model": reads_it({}),
    "recorder": records("own", "ours"),
    "external": uses_it({"Name": "acme/wandb"}),
}

FAILS: Mapping[str, tuple[Make, str, str]] = {
    "python": (_old_python, "Python 3.10", "install Python 3.11"),
    "settings": (_broken_stack, f"stacks/Pulumi.{STACK}.yaml:", "did you mean"),
    "state": (_broken_state, "The state is damaged.", "backups"),
    "disk": (_full_disk, "0.0 GiB are free", "MLOPS_IAC_CACHE"),
    "loopback": (_no_port, "no port can be opened on 127.0.0.1: Permission denied", "allow"),
    "interpreters": (_no_interpreter, "none of these is on this machine", "install Python 3."),
    "java": (_no_java, "this machine has none", "install a Java runtime 17"),
    "pulumi": (_no_cli, "not installed", "https://www.pulumi.com/docs/install/"),
    "credentials": (_with({"sts.GetCallerIdentity": Refusal("ExpiredToken")}), "ExpiredToken", "aws sso login"),
    "clock": (_slow_clock, " seconds behind; AWS refuses", "NTP"),
    "services": (_with({"ssm.GetParametersByPath": listed("s3", "ec2")}), "does not offer batch", "aws:region"),
    "permissions": (
        _with({"iam.SimulatePrincipalPolicy": simulated("s3:CreateBucket")}),
        f"{ROLE} may not do 1 of",
        "mlops-iac bootstrap",
    ),
    "quotas": (
        _with(used(vpcs=5)),
        "VPCs in the region: 5 of 5 used, 1 needed",
        "--service-code vpc --quota-code L-F678F1CE --desired-value 6 --region eu-west-1",
    ),
    "instances": (
        _with({**used(), "ec2.DescribeInstanceTypeOfferings": offered()}),
        "g5 is not offered in eu-west-1",
        "choose another type",
    ),
    "reservations": (
        reserves({"CapacityReservations": [{**RESERVED, "AvailabilityZone": "eu-west-1b"}]}),
        "is in eu-west-1b, and subnet 1 in eu-west-1a",
        "say `subnet: 2`",
    ),
    "base_model": (
        reads_it({"s3.ListObjectsV2": {"KeyCount": 0}}),
        "s3://acme-models/tiny/ is empty",
        "put the weights",
    ),
    "recorder": (
        records("own", "default"),
        "eu-west-1 has the recorder default already",
        "say `config: adopted`",
    ),
    "external": (
        uses_it(Refusal("ResourceNotFoundException")),
        "wandb: there is no secret `acme/wandb`",
        """create-secret --name acme/wandb --secret-string '{"api_key": "…"}'""",
    ),
}
"""With words that the line and its fix hold."""
