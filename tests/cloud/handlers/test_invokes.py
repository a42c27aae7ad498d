"""Answers to Pulumi's get… functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.cloud.invokes import ASKING, PURE
from mlops_iac.cloud.invokes.place import zone_id
from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.core.errors import CloudError, NotEmulated
from tests.cloud.handlers.conftest import SCOPE, Lab

PREVIEW = EmbeddedProvider(None)


def ask(token: str, **args: Any) -> dict[str, Any]:
    return PREVIEW.invoke(SCOPE, token, args)


def test_the_tables_are_sorted() -> None:
    assert list(PURE) == sorted(PURE)
    assert list(ASKING) == sorted(ASKING)


def test_identity_region_and_partition_need_no_cloud() -> None:
    assert ask("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "123456789012"
    region = ask("aws:index/getRegion:getRegion")
    assert (region["name"], region["description"]) == ("eu-west-1", "Europe (Ireland)")
    assert ask("aws:index/getPartition:getPartition")["dnsSuffix"] == "amazonaws.com"


@pytest.mark.parametrize(
    ("region", "letters"), [("eu-west-1", "abc"), ("us-east-1", "abcdef"), ("ap-northeast-1", "acd")]
)
def test_zones_come_from_a_table(region: str, letters: str) -> None:
    zones = ask("aws:index/getAvailabilityZones:getAvailabilityZones", region=region, state="available")
    assert zones["names"] == [f"{region}{letter}" for letter in letters]
    assert len(zones["zoneIds"]) == len(letters)


def test_zone_ids_look_like_aws_own() -> None:
    zones = ("eu-west-1a", "us-east-1f", "ap-southeast-2b", "us-gov-west-1a")
    assert [zone_id(zone) for zone in zones] == ["euw1-az1", "use1-az6", "apse2-az2", "usgw1-az1"]


def test_an_invented_region_is_refused_with_the_nearest() -> None:
    with pytest.raises(CloudError, match=r"Unknown region\.") as refusal:
        ask("aws:index/getAvailabilityZones:getAvailabilityZones", region="eu-west-11")
    assert "eu-west-1" in refusal.value.hint


def test_a_policy_document_is_rendered_as_the_provider_renders_it() -> None:
    answer = ask(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[
            {
                "sid": "Read",
                "actions": ["s3:GetObject", "s3:ListBucket"],
                "resources": ["arn:aws:s3:::lake/&{aws:username}"],
                "principals": [{"type": "Service", "identifiers": ["sagemaker.amazonaws.com"]}],
                "conditions": [{"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["123456789012"]}],
            },
            {
                "effect": "Deny",
                "actions": ["*"],
                "resources": ["*"],
                "principals": [{"type": "*", "identifiers": ["*"]}],
            },
        ],
    )
    assert json.loads(answer["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": ["s3:ListBucket", "s3:GetObject"],
                "Resource": "arn:aws:s3:::lake/${aws:username}",
                "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
            },
            {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
        ],
    }
    assert json.loads(answer["minifiedJson"]) == json.loads(answer["json"])


def test_a_statement_of_an_overriding_document_takes_the_place_of_its_namesake() -> None:
    base = json.dumps({"Statement": [{"Sid": "A", "Effect": "Allow"}, {"Sid": "B", "Effect": "Allow"}]})
    over = json.dumps({"Statement": {"Sid": "A", "Effect": "Deny"}})
    answer = ask(
        "aws:iam/getPolicyDocument:getPolicyDocument", sourcePolicyDocuments=[base], overridePolicyDocuments=[over]
    )
    statements = json.loads(answer["json"])["Statement"]
    assert [(s["Sid"], s["Effect"]) for s in statements] == [("A", "Deny"), ("B", "Allow")]


def test_an_unknown_invoke_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(NotEmulated) as refusal:
        ask("aws:index/getRegio:getRegio")
    assert "aws:index/getRegion:getRegion" in refusal.value.hint


def test_an_invoke_that_needs_a_cloud_says_so_in_a_preview() -> None:
    with pytest.raises(CloudError, match=r"No cloud is running\."):
        ask("aws:kms/getAlias:getAlias", name="alias/x")


def test_invokes_find_what_the_handlers_made(lab: Lab) -> None:
    provider, vpc, subnet, key = lab.provider, lab.made("vpc"), lab.made("subnet"), lab.made("key")
    bucket = lab.made("bucket")

    def found(token: str, **args: Any) -> dict[str, Any]:
        return provider.invoke(SCOPE, token, args)

    assert found("aws:ec2/getVpc:getVpc", id=vpc.id)["cidrBlock"] == "10.20.0.0/16"
    by_filter = found("aws:ec2/getSubnets:getSubnets", filters=[{"name": "vpc-id", "values": [vpc.id]}])
    assert subnet.id in by_filter["ids"]
    assert found("aws:ec2/getSubnet:getSubnet", id=subnet.id)["vpcId"] == vpc.id
    assert found("aws:kms/getKey:getKey", keyId=key.id)["arn"] == key.outputs["arn"]
    assert found("aws:s3/getBucket:getBucket", bucket=bucket.id)["arn"] == bucket.outputs["arn"]
    prefix_list = found("aws:ec2/getPrefixList:getPrefixList", name="com.amazonaws.eu-west-1.s3")
    assert prefix_list["id"].startswith("pl-")
    assert prefix_list["cidrBlocks"]
    same = found("aws:ec2/getManagedPrefixList:getManagedPrefixList", id=prefix_list["id"])
    assert same["name"] == "com.amazonaws.eu-west-1.s3"


def test_an_alias_and_a_parameter_are_found_by_name(lab: Lab) -> None:
    alias = lab.provider.handler("aws:kms/alias:Alias")
    alias.create(SCOPE, {"name": "alias/looked-up", "targetKeyId": lab.made("key").id})
    lab.provider.handler("aws:ssm/parameter:Parameter").create(
        SCOPE, {"name": "/looked/up", "type": "String", "value": "v", "dataType": "text", "tier": "Standard"}
    )
    found = lab.provider.invoke(SCOPE, "aws:kms/getAlias:getAlias", {"name": "alias/looked-up"})
    assert found["targetKeyId"] == lab.made("key").id
    assert lab.provider.invoke(SCOPE, "aws:ssm/getParameter:getParameter", {"name": "/looked/up"})["value"] == "v"


def test_what_an_invoke_does_not_find_is_refused(lab: Lab) -> None:
    with pytest.raises(CloudError, match="Cloud refused"):
        lab.provider.invoke(SCOPE, "aws:ec2/getVpc:getVpc", {"tags": {"Name": "nowhere"}})
