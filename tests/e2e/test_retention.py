"""regulated-private with retention: what is registered stays, and an environment with locked data ends all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.process import EmbeddedCloud
from tests.e2e.test_regulated import ended, package, waiting
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

STACK = "tiny-dev"


@pytest.fixture(scope="module", params=["governance", "compliance"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    with tiny_environment(
        tmp_path_factory.mktemp("tiny"),
        "step-functions",
        blueprint="regulated-private",
        options=f"retention: {{mode: {request.param}, days: 30}}",
    ) as made:
        run = waiting(made)
        made.run("approve", STACK, run, "--as", "anna")
        assert ended(made, run)["status"] == "succeeded"
        yield made


def s3(tiny: TinyEnvironment) -> Any:
    return EmbeddedCloud(tiny.folder / ".mlops-iac/cloud").clients("eu-west-1")("s3")


def archive(tiny: TinyEnvironment) -> tuple[str, str]:
    found = package(tiny, tiny.last_run())
    bucket, _, key = (
        found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].removeprefix("s3://").partition("/")
    )
    return bucket, key


def test_what_was_registered_and_who_did_what_is_locked_and_data_is_not(tiny: TinyEnvironment) -> None:
    client, (bucket, key) = s3(tiny), archive(tiny)
    listed = client.list_object_versions(Bucket=bucket)["Versions"]
    until = {
        one["Key"]: head.get("ObjectLockRetainUntilDate")
        for one in listed
        if (head := client.head_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"]))
    }
    locked = {name.split("/")[-1] if name.startswith("models/") else name for name, end in until.items() if end}
    assert {"model.tar.gz", "evaluation.json", "run.json", "model.json", "model_card.md"} == {
        name for name in locked if "/" not in name
    }
    assert {name.split("/")[0] for name in locked if "/" in name} == {"audit"}
    assert until[key] > datetime.now(UTC) + timedelta(days=29)
    version = next(one["VersionId"] for one in listed if one["Key"] == key)
    with pytest.raises(ClientError, match="object lock"):
        client.delete_object(Bucket=bucket, Key=key, VersionId=version)


def test_destroy_says_what_is_locked_until_when_and_destroys_nothing(tiny: TinyEnvironment) -> None:
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    says = ("Something is locked", f"are locked until {until}", "Nothing was destroyed", "--keep-data")
    tiny.refused("destroy", STACK, "--yes", code=1, says=says)
    assert set(json.loads(tiny.run("up", STACK, "--yes", "--json"))["changeSummary"]) == {"same"}


def test_all_but_the_data_ends_and_the_data_when_its_lock_has_ended(tiny: TinyEnvironment) -> None:
    bucket, key = archive(tiny)
    told = json.loads(tiny.run("destroy", STACK, "--yes", "--keep-data", "--json"))
    assert "lake-bucket" in told["kept"]
    assert told["locked"][0]["bucket"] == bucket
    assert s3(tiny).head_object(Bucket=bucket, Key=key)["ObjectLockMode"]
    tiny.refused("destroy", STACK, "--yes", code=1, says=("Something is locked",))
    tiny.run("cloud", "advance", "31d")
    assert set(json.loads(tiny.run("destroy", STACK, "--yes", "--json"))["changeSummary"]) == {"delete"}
