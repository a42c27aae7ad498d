"""A state goes into a bucket of the embedded cloud and comes back, by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

REGION = "eu-west-1"
BUCKET = f"s3://lab-states/ml?region={REGION}"
HOME = "file://.mlops-iac/state"

PROGRAM = """\
import pulumi
import pulumi_aws as aws

topic = aws.sns.Topic("letters")
pulumi.export("topic", topic.arn)
pulumi.export("word", pulumi.Output.secret("hunter2"))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Two stacks of an ordinary program, deployed, and a bucket and a key of nobody's."""
    folder = tmp_path_factory.mktemp("places") / "lab"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: lab\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    made = Project(folder)
    for stack in ("lab-dev", "lab-qa"):
        (folder / f"Pulumi.{stack}.yaml").write_text(f"config:\n  aws:region: {REGION}\n")
        made.run("up", stack, "--yes")
    client = made.cloud.clients(REGION)
    client("s3").create_bucket(Bucket="lab-states", CreateBucketConfiguration={"LocationConstraint": REGION})
    yield made
    made.run("cloud", "stop")


def move(project: Project, *words: str) -> dict[str, object]:
    told: dict[str, object] = json.loads(project.run("state", "move", *words, "--yes", "--json"))
    return told


def keys(project: Project) -> list[str]:
    found = project.cloud.clients(REGION)("s3").list_objects_v2(Bucket="lab-states").get("Contents", [])
    return [one["Key"] for one in found]


def test_all_states_go_into_a_bucket_nobody_goes_on_here_and_they_come_back(project: Project) -> None:
    told = move(project, "--all", "--to", BUCKET)
    assert list(told["moved"]) == ["lab-dev", "lab-qa"]  # type: ignore[call-overload]
    assert {"ml/.pulumi/meta.yaml", "ml/.pulumi/stacks/lab/lab-dev.json", "ml/.pulumi/stacks/lab/lab-qa.json"} <= set(
        keys(project)
    )
    for command in ("up lab-dev --yes", "preview lab-dev", "drift lab-dev", "destroy lab-dev --yes", "outputs lab-dev"):
        project.refused(*command.split(), code=1, says=(f"`lab-dev` is kept in {BUCKET}",))
    project.refused("state", "move", "--all", "--to", HOME, "--yes", code=2, says=("Both places are",))

    assert list(move(project, "--all", "--from", BUCKET, "--to", HOME)["moved"]) == ["lab-dev", "lab-qa"]  # type: ignore[call-overload]
    assert not [key for key in keys(project) if "/stacks/" in key]
    project.run("up", "lab-dev", "--yes", "--expect-no-changes")
    assert "hunter2" in project.run("stack", "export", "lab-dev", "--show-secrets")


def test_secrets_go_under_a_key_on_the_way_and_under_the_passphrase_on_the_way_back(project: Project) -> None:
    key = project.cloud.clients(REGION)("kms").create_key()["KeyMetadata"]["Arn"]
    move(project, "lab-qa", "--to", BUCKET, "--secrets-provider", f"awskms:///{key}")
    s3 = project.cloud.clients(REGION)("s3")
    body = s3.get_object(Bucket="lab-states", Key="ml/.pulumi/stacks/lab/lab-qa.json")["Body"].read()
    provider = json.loads(body)["checkpoint"]["latest"]["secrets_providers"]
    assert (provider["type"], provider["state"]["url"]) == ("cloud", f"awskms:///{key}")
    file = project.folder / "Pulumi.lab-qa.yaml"
    assert f"secretsprovider: awskms:///{key}" in file.read_text()
    told = move(project, "lab-qa", "--from", BUCKET, "--to", HOME)
    assert told["files"] == ["Pulumi.lab-qa.yaml"]
    assert "secretsprovider" not in file.read_text()
    project.run("up", "lab-qa", "--yes", "--expect-no-changes")
    assert "hunter2" in project.run("stack", "export", "lab-qa", "--show-secrets")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--to", BUCKET), "Neither a stack nor --all"),
        (("lab-dev", "--all", "--to", BUCKET), "both given"),
        (("lab-dev", "topic", "--to", BUCKET), "resources were named"),
        (("lab-dev", "--to", "gs://states"), "s3://BUCKET/PREFIX"),
        (("lab-dev", "--to", "lab-qa"), "which gets resources of another"),
        (("lab-dev", "--to", BUCKET, "--secrets-provider", "gcpkms://x"), "awskms:///KEY-ARN"),
    ],
)
def test_what_makes_no_sense_is_misuse_and_moves_nothing(words: tuple[str, ...], says: str, project: Project) -> None:
    project.refused("state", "move", *words, "--yes", code=2, says=(says,))
    project.run("preview", "lab-dev", "--expect-no-changes")


def test_a_bucket_or_a_stack_that_is_not_there_is_told(project: Project) -> None:
    nowhere = "s3://no-such-bucket"
    project.refused("state", "move", "lab-dev", "--to", nowhere, "--yes", code=2, says=("no bucket",))
    project.refused("state", "move", "lab-dve", "--to", BUCKET, "--yes", code=6, says=("lab-dve",))
    project.run("preview", "lab-dev", "--expect-no-changes")
