"""Studio: AWS's states, AWS's refusals, and what is kept over a restart."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.studio import things
from tests.cloud.conftest import Cloud

NUMBERS = itertools.count()
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Studio:
    """SageMaker's client, with a domain that is in service."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, clients = cloud, cloud.clients()
        self.client, self.name = clients("sagemaker"), f"studio-{next(NUMBERS)}"
        document = json.dumps(TRUST)
        made = clients("iam").create_role(RoleName=self.name, AssumeRolePolicyDocument=document)
        self.role = made["Role"]["Arn"]
        ec2 = clients("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.place: dict[str, Any] = {"VpcId": vpc, "SubnetIds": [subnet]}
        self.domain = self.create()["DomainId"]
        self.settle()

    def create(self, name: str = "first", **more: Any) -> dict[str, Any]:
        asked = {"AuthMode": "IAM", "DefaultUserSettings": {"ExecutionRole": self.role}, **self.place, **more}
        made: dict[str, Any] = self.client.create_domain(DomainName=f"{self.name}-{name}", **asked)
        return made

    def person(self, name: str) -> None:
        self.client.create_user_profile(DomainId=self.domain, UserProfileName=name)

    def space(self, name: str, owner: str) -> None:
        owned, shared = {"OwnerUserProfileName": owner}, {"SharingType": "Private"}
        self.client.create_space(
            DomainId=self.domain, SpaceName=name, OwnershipSettings=owned, SpaceSharingSettings=shared
        )

    def settle(self) -> None:
        """What is under way has its time behind it."""
        for record in self.cloud.server.gateway.store[things.STORE].values():
            record.update({things.UNTIL: 0} if things.UNTIL in record else {})


@pytest.fixture(autouse=True)
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done before a test says so, however slow its machine is."""
    monkeypatch.setattr(things, "MOMENT", 3600)


@pytest.fixture
def studio(cloud: Cloud) -> Studio:
    return Studio(cloud)


def refused(call: Callable[..., Any], code: str, **asked: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


def test_a_domain_is_pending_then_in_service_and_gone_after_its_deletion(studio: Studio) -> None:
    made = studio.create("other")
    asked = {"DomainId": made["DomainId"]}
    assert studio.client.describe_domain(**asked)["Status"] == "Pending"
    assert "is in status Pending" in refused(studio.client.delete_domain, "ResourceInUse", **asked)
    studio.settle()
    assert studio.client.describe_domain(**asked)["Status"] == "InService"
    studio.client.delete_domain(**asked)
    assert studio.client.describe_domain(**asked)["Status"] == "Deleting"
    studio.settle()
    refused(studio.client.describe_domain, "ResourceNotFound", **asked)


def test_a_domain_with_profiles_or_spaces_is_not_deleted(studio: Studio) -> None:
    studio.person("ada")
    studio.settle()
    studio.space("mine", "ada")
    studio.settle()
    domain, person = {"DomainId": studio.domain}, {"DomainId": studio.domain, "UserProfileName": "ada"}
    assert "because UserProfile(s) are associated with it" in refused(
        studio.client.delete_domain, "ResourceInUse", **domain
    )
    assert "because Space(s) are associated with it" in refused(
        studio.client.delete_user_profile, "ResourceInUse", **person
    )
    studio.client.delete_space(DomainId=studio.domain, SpaceName="mine")
    studio.settle()
    studio.client.delete_user_profile(**person)
    studio.settle()
    studio.client.delete_domain(**domain)
    studio.settle()
    assert studio.domain not in [one["DomainId"] for one in studio.client.list_domains()["Domains"]]


def test_what_is_there_is_listed_by_domain_in_pages(studio: Studio) -> None:
    for name in ("ada", "grace", "linus"):
        studio.person(name)
    first = studio.client.list_user_profiles(DomainIdEquals=studio.domain, MaxResults=2)
    rest = studio.client.list_user_profiles(DomainIdEquals=studio.domain, NextToken=first["NextToken"])
    assert [one["UserProfileName"] for one in first["UserProfiles"]] == ["ada", "grace"]
    assert [one["UserProfileName"] for one in rest["UserProfiles"]] == ["linus"]
    found = studio.client.list_user_profiles(DomainIdEquals=studio.domain, UserProfileNameContains="li")
    assert [one["UserProfileName"] for one in found["UserProfiles"]] == ["linus"]


def test_what_aws_refuses_is_refused(studio: Studio) -> None:
    client, domain = studio.client, {"DomainId": studio.domain}
    assert "already exists" in refused(studio.create, "ResourceInUse")
    wanted = "SecurityGroups is required"
    assert wanted in refused(studio.create, "ValidationException", name="closed", AppNetworkAccessType="VpcOnly")
    assert "failed to satisfy constraint" in refused(
        client.create_user_profile, "ValidationException", **domain, UserProfileName="ada.lovelace"
    )
    other = {"UserSettings": {"ExecutionRole": "arn:aws:iam::123456789012:role/nobody"}}
    refused(client.create_user_profile, "ValidationException", **domain, UserProfileName="ada", **other)
    studio.person("ada")
    assert "already exists" in refused(client.create_user_profile, "ResourceInUse", **domain, UserProfileName="ada")
    refused(client.create_user_profile, "ResourceNotFound", DomainId="d-nowhere", UserProfileName="ada")
    owned = {"OwnershipSettings": {"OwnerUserProfileName": "nobody"}, "SpaceSharingSettings": {"SharingType": "Shared"}}
    refused(client.create_space, "ResourceNotFound", **domain, SpaceName="s", **owned)


def test_what_would_be_a_machine_is_refused_and_says_where_to_go(studio: Studio) -> None:
    app = {"DomainId": studio.domain, "AppType": "JupyterLab", "AppName": "default"}
    for call, asked in (
        (studio.client.create_app, {**app, "SpaceName": "mine"}),
        (studio.client.create_presigned_domain_url, {"DomainId": studio.domain, "UserProfileName": "ada"}),
    ):
        assert "`mlops-iac notebook STACK`" in refused(call, "NotImplemented", **asked)
    assert studio.client.list_apps(DomainIdEquals=studio.domain)["Apps"] == []
    message = refused(studio.create, "NotImplemented", name="sso", AuthMode="SSO")
    assert message == "The embedded cloud has no IAM Identity Center."


def test_tags_are_kept_and_a_repository_changes_its_secret_only(studio: Studio) -> None:
    config = {"RepositoryUrl": "https://github.com/acme/notes.git", "Branch": "main"}
    tags = [{"Key": "team", "Value": "flora"}]
    made = studio.client.create_code_repository(CodeRepositoryName="notes", GitConfig=config, Tags=tags)
    assert studio.client.list_tags(ResourceArn=made["CodeRepositoryArn"])["Tags"] == tags
    secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:git-Ab12Cd"
    studio.client.update_code_repository(CodeRepositoryName="notes", GitConfig={"SecretArn": secret})
    found = studio.client.describe_code_repository(CodeRepositoryName="notes")["GitConfig"]
    assert found == {**config, "SecretArn": secret}
