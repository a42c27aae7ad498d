"""regulated-private: two people for one model, a signature on it, and what deploys looks at the signature."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from tests.support.rights import without_right
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

STACK = "tiny-dev"


@pytest.fixture(scope="module", params=["step-functions", "sagemaker-pipelines"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    with tiny_environment(tmp_path_factory.mktemp("tiny"), str(request.param), blueprint="regulated-private") as made:
        yield made


def clients(tiny: TinyEnvironment) -> Any:
    return EmbeddedCloud(tiny.folder / ".mlops-iac/cloud").clients("eu-west-1")


def show(tiny: TinyEnvironment, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tiny.run("runs", "show", STACK, run, "--json"))
    return found


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {one["name"]: one for one in found["steps"]}[name]


def waiting(tiny: TinyEnvironment) -> str:
    """A run that asks for approval."""
    run = tiny.run("run", STACK, "training").strip()
    for _ in range(600):
        found = show(tiny, run)
        if step(found, "approve")["status"] == "running":
            return run
        assert found["status"] == "running", found
        time.sleep(0.1)
    raise AssertionError(f"the run asks nobody: {found}")


def ended(tiny: TinyEnvironment, run: str) -> dict[str, Any]:
    for _ in range(600):
        found = show(tiny, run)
        if found["status"] != "running":
            return found
        time.sleep(0.1)
    raise AssertionError(f"the run does not end: {found}")


def package(tiny: TinyEnvironment, run: str) -> dict[str, Any]:
    """The version that a run registered, as the registry tells it."""
    arn = show(tiny, run)["model_package_arn"]
    found: dict[str, Any] = clients(tiny)("sagemaker").describe_model_package(ModelPackageName=arn)
    return found


def test_who_started_a_run_may_not_approve_it_and_somebody_else_may(tiny: TinyEnvironment) -> None:
    run = waiting(tiny)
    tiny.refused("approve", STACK, run, code=1, says=("A second person is needed", "user/administrator"))
    assert step(show(tiny, run), "approve")["status"] == "running"
    tiny.run("approve", STACK, run, "--as", "anna", "--reason", "figures checked")
    found = ended(tiny, run)
    assert found["status"] == "succeeded", found
    answer = step(found, "approve")["answer"]
    assert answer["by"] == "arn:aws:iam::123456789012:user/anna"
    assert answer["reason"] == "figures checked"
    assert json.loads(tiny.run("models", "show", STACK, "serving", "--json"))["run"] == run


def test_the_one_who_started_a_run_may_end_it(tiny: TinyEnvironment) -> None:
    run = waiting(tiny)
    tiny.run("reject", STACK, run, "--reason", "the wrong data")
    assert ended(tiny, run)["status"] == "refused"


def test_the_name_of_another_person_is_checked(tiny: TinyEnvironment) -> None:
    run = waiting(tiny)
    tiny.refused("approve", STACK, run, "--as", "anna/../x", code=2, says=("no name of a user of IAM",))
    tiny.run("reject", STACK, run, "--reason", "only a test")


def test_a_registered_model_carries_a_signature_of_its_archive(tiny: TinyEnvironment) -> None:
    run = waiting(tiny)
    tiny.run("approve", STACK, run, "--as", "anna")
    assert ended(tiny, run)["status"] == "succeeded"
    said = package(tiny, run)["CustomerMetadataProperties"]
    assert len(said["digest"]) == 64
    assert len(said["signature"]) <= 256


def test_an_archive_that_was_changed_after_it_was_signed_is_not_served(tiny: TinyEnvironment) -> None:
    run = waiting(tiny)
    with without_right(clients(tiny), deployer(tiny), "SigningVerify"):
        tiny.run("approve", STACK, run, "--as", "anna")
        found = ended(tiny, run)
    assert found["status"] == "failed"
    assert "lambda:InvokeFunction" in step(found, "deploy")["reason"]

    change_archive(tiny, run)
    again = tiny.run("runs", "retry", STACK, run, "--from", "deploy").strip()
    found = ended(tiny, again)
    assert found["status"] == "failed"
    assert "was changed after it was signed" in step(found, "deploy")["reason"]
    version = str(len(json.loads(tiny.run("models", STACK, "--json"))["models"]))
    tiny.refused("rollback", STACK, "--to", version, "--yes", code=1, says=("changed after it was signed",))


def test_a_version_that_nobody_signed_is_not_served(tiny: TinyEnvironment) -> None:
    """Whoever may add versions to the registry can write there what they like, but no signature."""
    sagemaker = clients(tiny)("sagemaker")
    newest = json.loads(tiny.run("models", STACK, "--json"))["models"][0]["arn"]
    found = sagemaker.describe_model_package(ModelPackageName=newest)
    said = found["CustomerMetadataProperties"]
    forged = {"run": said["run"], "code": said["code"], "digest": said["digest"], "signature": said["signature"][::-1]}
    for metadata, words in (({"run": said["run"]}, "is not signed"), (forged, "did not sign")):
        sagemaker.create_model_package(
            ModelPackageGroupName=found["ModelPackageGroupName"],
            ModelApprovalStatus="Approved",
            InferenceSpecification=found["InferenceSpecification"],
            CustomerMetadataProperties=metadata,
        )
        restore_archive(tiny, found)
        version = str(json.loads(tiny.run("models", STACK, "--json"))["models"][0]["version"])
        tiny.refused("rollback", STACK, "--to", version, "--yes", code=1, says=(words,))


def archive_of(found: dict[str, Any]) -> tuple[str, str]:
    uri = found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def change_archive(tiny: TinyEnvironment, run: str) -> None:
    bucket, key = archive_of(package(tiny, run))
    s3 = clients(tiny)("s3")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    known = s3.head_object(Bucket=bucket, Key=key)["SSEKMSKeyId"]
    s3.put_object(Bucket=bucket, Key=key, Body=body + b"\0", ServerSideEncryption="aws:kms", SSEKMSKeyId=known)


def restore_archive(tiny: TinyEnvironment, found: dict[str, Any]) -> None:
    """As it was when it was signed: the bucket keeps old versions."""
    bucket, key = archive_of(found)
    s3 = clients(tiny)("s3")
    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    if len(versions) > 1:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=versions[0]["VersionId"])


def deployer(tiny: TinyEnvironment) -> str:
    """The role that asks for the verification: the pipeline's own."""
    roles = [one["RoleName"] for one in clients(tiny)("iam").list_roles()["Roles"]]
    (found,) = (name for name in roles if name in ("tiny-dev-training-role", "tiny-dev-training-execution-role"))
    return found
