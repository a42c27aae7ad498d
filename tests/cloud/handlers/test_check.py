"""What a preview refuses, with no cloud running."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.engine.values.value import UNKNOWN
from tests.cloud.handlers.conftest import SCOPE

PROVIDER = EmbeddedProvider(None)
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"


def check(type: str, inputs: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    return PROVIDER.handler(type).check(SCOPE, "lake-bucket", old, inputs)


def test_an_automatic_name_is_the_logical_name_and_seven_hex_digits() -> None:
    import re

    assert re.fullmatch(r"lake-bucket-[0-9a-f]{7}", check(BUCKET, {})["bucket"])


def test_an_automatic_name_is_kept_from_the_old_inputs() -> None:
    first = check(BUCKET, {})
    assert check(BUCKET, {"tags": {"a": "b"}}, first)["bucket"] == first["bucket"]


def test_an_automatic_name_is_cut_to_the_limit_of_its_type() -> None:
    made = PROVIDER.handler(BUCKET).check(SCOPE, "A-very-long-name-" * 6, None, {})["bucket"]
    assert len(made) == 63
    assert made == made.lower()


def test_a_prefix_takes_the_place_of_the_logical_name() -> None:
    assert check(BUCKET, {"bucketPrefix": "team-"})["bucket"].startswith("team-")


def test_a_prefix_that_is_not_known_yet_makes_a_name_that_is_not_known_yet() -> None:
    assert check(BUCKET, {"bucketPrefix": UNKNOWN})["bucket"] is UNKNOWN


@pytest.mark.parametrize(
    ("type", "inputs", "summary", "says"),
    [
        (BUCKET, {"bucket": "Not_A_Bucket"}, "Not a bucket name.", "Not_A_Bucket"),
        (BUCKET, {"region": "eu-wst-1"}, "Unknown region.", "did you mean `eu-west-1`?"),
        (ROLE, {"assumeRolePolicy": "{not json"}, "Not a JSON document.", "assumeRolePolicy"),
        (ROLE, {}, "Missing property.", "`assumeRolePolicy`"),
        (ROLE, {"assumeRolePolicy": "{}", "maxSessionDuration": 60}, "Value out of range.", "3600 to 43200"),
        (ROLE, {"assumeRolePolicy": "{}", "name": "x" * 65}, "Value has a wrong length.", "1 to 64 characters"),
        (
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            {"bucket": "b", "rule": {"objectOwnership": "BucketOwnerEnforce"}},
            "Value not allowed.",
            "did you mean `BucketOwnerEnforced`?",
        ),
        (
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            {"bucket": "b", "rule": {"objectOwnersip": "BucketOwnerEnforced"}},
            "Unknown property.",
            "rule.objectOwnersip",
        ),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 29}, "Value not allowed.", "30"),
        ("aws:kms/alias:Alias", {"name": "screening", "targetKeyId": "k"}, "Not an alias.", "alias/"),
        (
            "aws:ec2/subnet:Subnet",
            {"vpcId": "v", "availabilityZone": "eu-west-1f"},
            "Value not allowed.",
            "`eu-west-1a`, `eu-west-1b`, `eu-west-1c`",
        ),
        (
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            {"vpcId": "v", "serviceName": "com.amazonaws.us-east-1.s3"},
            "Not an endpoint service.",
            "com.amazonaws.eu-west-1.s3",
        ),
        (
            "aws:scheduler/schedule:Schedule",
            {"scheduleExpression": "every day", "flexibleTimeWindow": {"mode": "OFF"}, "target": {}},
            "Not a schedule.",
            "rate(1 day)",
        ),
        (
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            {"comparisonOperator": "GreaterThan", "evaluationPeriods": 1},
            "Value not allowed.",
            "`GreaterThanThreshold`",
        ),
        (
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            {"securityGroupId": "g", "ipProtocol": "tcp", "fromPort": 1, "toPort": 1},
            "Wrong number of sources.",
            "exactly one of",
        ),
    ],
)
def test_a_wrong_input_is_refused_in_a_preview(type: str, inputs: dict[str, Any], summary: str, says: str) -> None:
    with pytest.raises(CloudError) as refusal:
        check(type, inputs)
    assert refusal.value.summary == summary
    assert says in str(refusal.value)


def test_a_secret_value_never_appears_in_a_refusal() -> None:
    with pytest.raises(CloudError) as refusal:
        check("aws:ssm/parameter:Parameter", {"type": "String", "value": {"token": "hunter2"}})
    assert "hunter2" not in str(refusal.value)


def test_an_input_that_says_it_is_not_wanted_is_no_stranger() -> None:
    assert "versioning" not in check(BUCKET, {"versioning": {}, "objectLockEnabled": False})


def test_an_unknown_type_is_refused_with_what_there_is_of_its_service() -> None:
    with pytest.raises(NotEmulated) as refusal:
        PROVIDER.handler("aws:s3/buckt:Bucket")
    assert "of `aws:s3` it offers `Bucket`," in refusal.value.hint
    with pytest.raises(NotEmulated) as refusal:
        PROVIDER.handler("gcp:storage/bucket:Bucket")
    assert "it offers `aws`" in refusal.value.hint


def test_a_create_without_a_cloud_says_so() -> None:
    with pytest.raises(CloudError, match=r"No cloud is running\."):
        PROVIDER.handler(BUCKET).create(SCOPE, {"bucket": "lake"})


def test_a_new_name_replaces_and_the_same_name_is_deleted_first() -> None:
    handler = PROVIDER.handler(BUCKET)
    old, new = {"bucket": "a"}, {"bucket": "b"}
    assert handler.replaces(SCOPE, old, new, frozenset({"bucket", "tags"})) == {"bucket"}
    assert not handler.deletes_before_replace(old, new)
    assert handler.deletes_before_replace({**old, "objectLockEnabled": True}, old)
    assert handler.deletes_before_replace(old, old, moved=True), "no other region has a free bucket of that name"


def test_another_region_is_another_place_for_what_has_a_region() -> None:
    queue, role = PROVIDER.handler("aws:batch/jobQueue:JobQueue"), PROVIDER.handler("aws:iam/role:Role")
    here, there, china = ({"region": region} for region in ("eu-west-1", "eu-central-1", "cn-north-1"))
    assert (queue.moves(here, there), role.moves(here, there), role.moves(here, china)) == (True, False, True)
    assert queue.deletes_before_replace({"name": "a"}, {"name": "a"})
    assert not queue.deletes_before_replace({"name": "a"}, {"name": "a"}, moved=True)


MACHINES = {
    "type": "SPOT",
    "allocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
    "instanceTypes": ["m5"],
    "maxVcpus": 4,
    "subnets": ["subnet-1"],
    "launchTemplate": {"launchTemplateId": "lt-1", "version": "1"},
    "tags": {"team": "screening"},
}
"""What components make: AWS exchanges such machines in place."""
RIGID = {**MACHINES, "type": "EC2", "allocationStrategy": "BEST_FIT"}
SERVERLESS = {"type": "FARGATE", "maxVcpus": 4, "subnets": ["subnet-1"]}
TEAMS_ROLE = "arn:aws:iam::123456789012:role/batch"
AWSS_ROLE = "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


@pytest.mark.parametrize(
    ("before", "change", "role", "replaces"),
    [
        (MACHINES, {"instanceTypes": ["c6i"]}, None, False),
        (MACHINES, {"instanceTypes": ["c6i"]}, AWSS_ROLE, False),
        (MACHINES, {"instanceTypes": UNKNOWN}, None, False),
        (MACHINES, {"tags": {"team": "other"}}, None, False),
        (MACHINES, {"subnets": ["subnet-2"]}, None, False),
        (MACHINES, {"launchTemplate": {"launchTemplateId": "lt-1", "version": UNKNOWN}}, None, False),
        (MACHINES, {"allocationStrategy": "SPOT_CAPACITY_OPTIMIZED"}, None, False),
        (MACHINES, {"type": "EC2", "allocationStrategy": "BEST_FIT_PROGRESSIVE"}, None, False),
        (MACHINES, {"launchTemplate": None}, None, True),
        (MACHINES, {"placementGroup": "close"}, None, True),
        (MACHINES, {"spotIamFleetRole": TEAMS_ROLE}, None, True),
        (MACHINES, {"allocationStrategy": "BEST_FIT"}, None, True),
        (MACHINES, SERVERLESS, None, True),
        (MACHINES, {"instanceTypes": ["c6i"]}, TEAMS_ROLE, True),
        (MACHINES, {"maxVcpus": 8}, TEAMS_ROLE, False),
        (RIGID, {"tags": {"team": "other"}}, None, True),
        (RIGID, {"allocationStrategy": "BEST_FIT_PROGRESSIVE"}, None, True),
        (RIGID, {"maxVcpus": 8}, None, False),
        (SERVERLESS, {"maxVcpus": 8}, TEAMS_ROLE, False),
        (SERVERLESS, {"subnets": ["subnet-2"]}, TEAMS_ROLE, False),
        (SERVERLESS, {"type": "FARGATE_SPOT"}, None, False),
        (SERVERLESS, {"type": "EC2"}, None, True),
    ],
)
def test_a_compute_environment_is_replaced_only_where_aws_changes_nothing_in_place(
    before: dict[str, Any], change: dict[str, Any], role: str | None, replaces: bool
) -> None:
    handler = PROVIDER.handler("aws:batch/computeEnvironment:ComputeEnvironment")
    after = {key: value for key, value in {**before, **change}.items() if value is not None}
    roles = {"serviceRole": role} if role else {}
    old, new = {"computeResources": before, **roles}, {"computeResources": after, **roles}
    forced = handler.replaces(SCOPE, old, new, frozenset({"computeResources"}))
    assert forced == ({"computeResources"} if replaces else frozenset())


@pytest.mark.parametrize(("before", "replaces"), [(MACHINES, False), (RIGID, True), ({}, False)])
def test_machines_that_are_not_known_yet_replace_only_what_is_rigid(before: dict[str, Any], replaces: bool) -> None:
    """As the engine asks about what stands on a resource that is deleted before it is replaced."""
    handler = PROVIDER.handler("aws:batch/computeEnvironment:ComputeEnvironment")
    changed = frozenset({"computeResources"})
    forced = handler.replaces(SCOPE, {"computeResources": before}, {"computeResources": UNKNOWN}, changed)
    assert forced == (changed if replaces else frozenset())


def test_awss_own_role_is_not_exchanged_for_another() -> None:
    handler = PROVIDER.handler("aws:batch/computeEnvironment:ComputeEnvironment")
    changed = frozenset({"serviceRole"})
    assert handler.replaces(SCOPE, {}, {"serviceRole": TEAMS_ROLE}, changed) == changed
    assert handler.replaces(SCOPE, {}, {"serviceRole": AWSS_ROLE}, changed) == frozenset()
    assert handler.replaces(SCOPE, {"serviceRole": TEAMS_ROLE}, {"serviceRole": f"{TEAMS_ROLE}2"}, changed) == set()


@pytest.mark.parametrize("type", ["aws:ssm/parameter:Parameter", "aws:secretsmanager/secretVersion:SecretVersion"])
def test_values_that_are_secrets_are_told_to_the_engine(type: str) -> None:
    assert PROVIDER.handler(type).secrets()
