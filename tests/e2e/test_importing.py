"""A hand-made environment becomes a stack file, by tags and by names; and what is adopted stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import make_project
from tests.e2e.bad_input.project import Project
from tests.support.hand_made import REGION, make_bucket, make_key, make_network
from tests.support.tiny_team import write_tiny_team

pytestmark = pytest.mark.slow

STACK = "tiny-dev"
TEAM = {"team": "tiny"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def tags(**said: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in said.items()]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project without stack files, and in its account what a team made by hand, by tag and by name."""
    folder = make_project(tmp_path_factory.mktemp("importing") / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    write_tiny_team(folder)
    project = Project(folder)
    project.run("cloud", "start")
    client = project.cloud.clients(REGION)
    vpc, key = make_network(client("ec2")), make_key(client("kms"))
    client("ec2").create_tags(Resources=[vpc], Tags=tags(Name="tiny-vpc", **TEAM))
    client("kms").tag_resource(KeyId=key, Tags=[{"TagKey": "team", "TagValue": "tiny"}])
    make_bucket(client("s3"), "tiny-archive", key)
    client("s3").put_bucket_tagging(Bucket="tiny-archive", Tagging={"TagSet": tags(**TEAM)})
    client("sagemaker").create_model_package_group(ModelPackageGroupName="tiny-models", Tags=tags(**TEAM))
    client("ecr").create_repository(repositoryName="tiny-images", tags=tags(**TEAM))
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    client("iam").create_role(RoleName="tiny-trainer", AssumeRolePolicyDocument=trust, Tags=tags(**TEAM))
    yield project
    project.run("cloud", "stop")


def look(account: Project, *more: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(account.run("import", STACK, *more, "--dry-run", "--json"))
    return told


def test_what_has_the_tag_is_found_and_what_can_be_is_adopted(account: Project) -> None:
    told = look(account, "--tag", "team=tiny")
    assert [(one["kind"], one["called"] or one["name"]) for one in told["found"]] == [
        ("VPC", "tiny-vpc"), ("key", "theirs"), ("bucket", "tiny-archive"), ("model package group", "tiny-models"),
        ("image repository", "tiny-images"), ("role", "tiny-trainer"),
    ]  # fmt: skip
    assert set(told["adopted"]) == {"network", "encryption", "data_lake", "registry"}
    assert told["adopted"]["data_lake"] == {"bucket": "tiny-archive"}
    assert "roles of its own" in told["found"][-1]["whyNot"]
    assert told["written"] is False
    assert list((account.folder / "stacks").iterdir()) == []


def test_names_find_it_too_and_tags_and_names_together_find_less(account: Project) -> None:
    assert set(look(account, "--name", "tiny-*", "--name", "theirs")["adopted"]) == {
        "network", "encryption", "data_lake", "registry",
    }  # fmt: skip
    assert set(look(account, "--tag", "team=tiny", "--name", "*-models")["adopted"]) == {"registry"}
    assert look(account, "--tag", "team=nobody")["found"] == []


def test_several_for_a_layer_are_listed_and_nothing_is_written(account: Project) -> None:
    s3 = account.cloud.clients(REGION)("s3")
    s3.create_bucket(Bucket="tiny-scratch", CreateBucketConfiguration={"LocationConstraint": REGION})
    told = account.refused("import", STACK, "--name", "tiny-*", code=1, says=("tiny-archive, tiny-scratch",))
    assert "--take LAYER=NAME" in told
    assert list((account.folder / "stacks").iterdir()) == []
    taken = look(account, "--name", "tiny-*", "--take", "data_lake=tiny-scratch")
    assert taken["adopted"]["data_lake"] == {"bucket": "tiny-scratch"}
    assert "data_lake" not in look(account, "--name", "tiny-*", "--take", "data_lake=")["adopted"]
    account.refused("import", STACK, "--take", "data_lake=none-such", code=2, says=("tiny-scratch",))
    account.refused("import", STACK, "--take", "serving=x", code=2, says=("network, encryption",))


def test_what_a_stack_of_ours_made_is_shown_and_never_adopted(account: Project) -> None:
    sagemaker = account.cloud.clients(REGION)("sagemaker")
    sagemaker.create_model_package_group(
        ModelPackageGroupName="other-dev-registry", Tags=tags(**{"mlops-iac:stack": "other-dev"})
    )
    told = look(account, "--name", "other-dev-*")
    assert told["adopted"] == {}
    assert "belongs to stack other-dev" in told["found"][0]["whyNot"]
    account.refused(
        "import", STACK, "--name", "other-dev-*", "--take", "registry=other-dev-registry", code=2,
        says=("belongs to stack other-dev",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("tiny", "--tag", "a=b"), "--team"),
        ((STACK, "--tag", "team"), "it is KEY=VALUE"),
        ((STACK, "--blueprint", "tabular"), "--blueprint"),
    ],
)
def test_what_makes_no_sense_is_misuse(words: tuple[str, ...], says: str, account: Project) -> None:
    assert says in account.run("import", *words, code=2)


def test_the_stack_file_is_written_works_and_destroy_leaves_what_was_there(account: Project) -> None:
    out = account.run("import", STACK, "--tag", "team=tiny")
    assert "adopted as data_lake" in out
    file = account.folder / f"stacks/Pulumi.{STACK}.yaml"
    adopted = yaml.safe_load(file.read_text())["config"]["mlops-iac:options"]["adopt"]
    assert list(adopted) == ["network", "encryption", "data_lake", "registry"]
    assert "# The region everything is in." in file.read_text()
    account.refused("import", STACK, "--tag", "team=tiny", code=2, says=("exists and was not touched",))

    account.run("up", STACK, "--yes")
    owned = ("aws:ec2/vpc:Vpc", "aws:kms/key:Key", "aws:s3/bucket:Bucket", "aws:sagemaker/modelPackageGroup")
    assert [one for one in account.state(STACK)["resources"] if one["type"].startswith(owned)] == []
    account.run("destroy", STACK, "--yes")
    client = account.cloud.clients(REGION)
    assert "tiny-archive" in [one["Name"] for one in client("s3").list_buckets()["Buckets"]]
    assert client("kms").describe_key(KeyId="alias/theirs")["KeyMetadata"]["KeyState"] == "Enabled"
    assert client("iam").get_role(RoleName="tiny-trainer")["Role"]["RoleName"] == "tiny-trainer"


def test_a_layer_is_adopted_from_the_stack_that_shares_it(account: Project) -> None:
    Path(account.folder / "stacks/Pulumi.platform-net.yaml").write_text(
        f"config:\n  aws:region: {REGION}\n  mlops-iac:team: platform\n  mlops-iac:environment: net\n"
        "  mlops-iac:blueprint: network\n"
    )
    account.run("up", "platform-net", "--yes")
    account.run("new", "--team", "tiny", "--env", "qa", "--blueprint", "tabular-batch", "--code", "examples/tiny")
    told = json.loads(account.run("adopt", "tiny-qa", "network", "--from", "platform-net", "--json"))
    outputs = json.loads(account.run("outputs", "platform-net", "--json"))
    client = outputs["services"]["network"]["client"]
    assert told["settings"] == {
        "vpc_id": client["VPC_ID"],
        "subnet_ids": client["SUBNET_IDS"].split(","),
        "security_group_id": client["SECURITY_GROUP_ID"],
    }
    key = json.loads(account.run("adopt", "tiny-qa", "encryption", "--from", "platform-net", "--json"))
    assert key["settings"]["key_arn"].startswith("arn:aws:kms:")
    account.refused("adopt", "tiny-qa", "registry", "--from", "platform-net", code=2, says=("no `registry`",))
    account.refused("adopt", "tiny-qa", "registry", code=2, says=("Neither NAME nor --from",))
    account.refused("adopt", "tiny-qa", "registry", "x", "--from", "platform-net", code=2, says=("both given",))
