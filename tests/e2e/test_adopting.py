"""An environment on layers that were there before: looked at, used by a whole run, left alone by destroy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlops_iac.adopting.looking import LAYERS
from tests.conftest import make_project
from tests.e2e.bad_input.project import Project
from tests.support.hand_made import REGION, make_bucket, make_key, make_network
from tests.support.tiny_team import write_tiny_team

pytestmark = pytest.mark.slow

STACK = "tiny-dev"
OWNED = [{"Key": "mlops-iac:stack", "Value": "other-dev"}]
NEW = ("new", "--team", "tiny", "--env", "dev", "--blueprint", "tabular-batch", "--code", "examples/tiny")


@dataclass
class Account:
    """A project, and things of nobody's in its account."""

    project: Project
    names: dict[str, str] = field(default_factory=dict)
    """Layer to the thing."""

    def client(self, service: str) -> Any:
        return self.project.cloud.clients(REGION)(service)

    @property
    def file(self) -> str:
        return (self.project.folder / f"stacks/Pulumi.{STACK}.yaml").read_text()

    def adopt(self, layer: str, *more: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.project.run("adopt", STACK, layer, self.names[layer], *more, "--json"))
        return told


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = make_project(tmp_path_factory.mktemp("adopting") / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    write_tiny_team(folder)
    made = Account(Project(folder))
    made.project.run(*NEW)
    made.project.run("cloud", "start")
    made.names = {
        "network": make_network(made.client("ec2")),
        "encryption": make_key(made.client("kms")),
        "data_lake": "their-lake",
        "registry": "their-models",
    }
    make_bucket(made.client("s3"), "their-lake", made.names["encryption"])
    for name, region in (("far-away", "eu-central-1"), ("other-dev-lake", REGION)):
        s3 = made.project.cloud.clients(region)("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    made.client("s3").put_bucket_tagging(Bucket="other-dev-lake", Tagging={"TagSet": OWNED})
    made.client("sagemaker").create_model_package_group(ModelPackageGroupName="their-models")
    yield made
    made.project.run("cloud", "stop")


def test_every_layer_that_can_be_adopted_is_tried_here(account: Account) -> None:
    assert set(account.names) == set(LAYERS)


def test_what_is_not_there_is_refused(account: Account) -> None:
    names = {"network": "vpc-0123456789", "encryption": "alias/none", "data_lake": "no-such", "registry": "none"}
    before = account.file
    for layer in LAYERS:
        account.project.refused("adopt", STACK, layer, names[layer], code=1, says=("There is no",))
    account.project.refused("adopt", STACK, "monitoring", "x", code=2, says=("network, encryption",))
    assert account.file == before


def test_a_bucket_that_could_not_be_read_is_refused(account: Account) -> None:
    told = account.project.refused("adopt", STACK, "data_lake", "their-lake", code=1, says=("is encrypted with",))
    assert f"mlops-iac adopt {STACK} encryption {account.names['encryption']}" in told
    account.project.refused("adopt", STACK, "data_lake", "far-away", code=1, says=("is in eu-central-1",))


def test_what_another_stack_owns_is_refused(account: Account) -> None:
    account.project.refused(
        "adopt", STACK, "data_lake", "other-dev-lake", code=1, says=("belongs to stack other-dev",)
    )  # fmt: skip
    account.client("sagemaker").create_model_package_group(ModelPackageGroupName="other-models", Tags=OWNED)
    account.project.refused(
        "adopt", STACK, "registry", "other-models", code=1, says=("belongs to stack other-dev",)
    )  # fmt: skip


def test_a_key_that_cannot_encrypt_is_refused(account: Account) -> None:
    kms = account.client("kms")
    pair = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
    account.project.refused("adopt", STACK, "encryption", pair, code=1, says=("RSA_2048",))
    off = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=off)
    account.project.refused("adopt", STACK, "encryption", off, code=1, says=("`Disabled`",))


GONE = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("adopted", "says"),
    [
        ("data_lake: {bucket: no-such}", ("options.adopt.data_lake", "There is no bucket no-such in eu-west-1")),
        ("data_lake: {bucket: far-away}", ("is in eu-central-1",)),
        ("data_lake: {bucket: their-lake}", ("is encrypted with", f"mlops-iac adopt {STACK} encryption")),
        ("data_lake: {bucket: other-dev-lake}", ("belongs to stack other-dev",)),
        (f"encryption: {{key_arn: '{GONE}'}}", ("options.adopt.encryption", f"There is no key {GONE}")),
        (
            f"encryption: {{key_arn: '{GONE.replace('eu-west-1', 'us-east-1')}'}}",
            ("is in another region than eu-west-1",),
        ),
        ("registry: {group: none}", ("There is no model package group none",)),
    ],
)
def test_what_a_person_wrote_into_the_stack_file_is_looked_at_as_well(
    account: Account, adopted: str, says: tuple[str, ...]
) -> None:
    file, before = account.project.folder / f"stacks/Pulumi.{STACK}.yaml", account.file
    file.write_text(f"{before.rstrip()}\n    adopt: {{{adopted}}}\n")
    try:
        account.project.refused("up", STACK, "--yes", code=2, says=(f"stacks/Pulumi.{STACK}.yaml:", *says))
    finally:
        file.write_text(before)


def test_a_dry_run_writes_nothing(account: Account) -> None:
    before = account.file
    assert account.adopt("network", "--dry-run")["written"] is False
    assert account.file == before


def test_adopting_writes_a_line_and_keeps_the_comments(account: Account) -> None:
    before = account.file
    told = account.adopt("network")
    assert told["settings"]["vpc_id"] == account.names["network"]
    assert len(told["settings"]["subnet_ids"]) == 2
    assert told["cautions"] == []
    assert "to create" in account.project.run("adopt", STACK, "encryption", "alias/theirs")
    cautions = " ".join(account.adopt("data_lake")["cautions"])
    assert "public access" in cautions
    assert "versions" in cautions
    account.adopt("registry")
    after = account.file.splitlines()
    assert [line for line in before.splitlines() if line not in after] == []
    assert [line.strip().split(":")[0] for line in after if line not in before.splitlines()] == [
        "adopt", "registry", "data_lake", "encryption", "network",
    ]  # fmt: skip


def test_a_layer_is_adopted_once(account: Account) -> None:
    account.project.refused(
        "adopt", STACK, "registry", "their-models", code=2, says=(f"stacks/Pulumi.{STACK}.yaml:",)
    )  # fmt: skip


def test_an_option_that_would_change_what_is_adopted_is_refused_at_its_line(account: Account) -> None:
    path = account.project.folder / f"stacks/Pulumi.{STACK}.yaml"
    kept = path.read_text()
    path.write_text(kept.replace("    # retention_days: null", "    retention_days: 30"))
    told = account.project.run("preview", STACK, code=2)
    path.write_text(kept)
    assert re.search(rf"stacks/Pulumi\.{STACK}\.yaml:\d+  options\.retention_days", told), told
    assert "its owner's" in told


def test_a_run_works_on_what_is_adopted_and_destroy_leaves_it(account: Account) -> None:
    project, s3 = account.project, account.client("s3")
    project.run("up", STACK, "--yes")
    made = {one["type"] for one in project.state(STACK)["resources"]}
    owned = ("aws:ec2/vpc:Vpc", "aws:kms/key:Key", "aws:s3/bucket:Bucket", "aws:sagemaker/modelPackageGroup")
    assert [kind for kind in made if kind.startswith(owned)] == []
    project.run("data", "put", STACK, "data", "raw/")
    project.run("run", STACK, "--follow")
    before = {one["Key"] for one in s3.list_objects_v2(Bucket="their-lake")["Contents"]}
    assert any(key.endswith("/model.tar.gz") for key in before)
    project.run("destroy", STACK, "--yes")
    assert {one["Key"] for one in s3.list_objects_v2(Bucket="their-lake")["Contents"]} >= before
    versions = account.client("sagemaker").list_model_packages(ModelPackageGroupName="their-models")
    assert len(versions["ModelPackageSummaryList"]) == 1
    assert account.client("kms").describe_key(KeyId="alias/theirs")["KeyMetadata"]["KeyState"] == "Enabled"
    inside = [{"Name": "vpc-id", "Values": [account.names["network"]]}]
    assert len(account.client("ec2").describe_subnets(Filters=inside)["Subnets"]) == 2
