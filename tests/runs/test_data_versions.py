from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Parameter, Step
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs.data import put
from mlops_iac.runs.data_versions import find_missing, get_manifest, list_versions, mark
from mlops_iac.runs.record import find_manifests, find_record
from mlops_iac.runs.retry import _stage_again
from mlops_iac.runs.start import start
from tests.support.small_environment import PARAMETERS, make_environment, make_state_machine


@pytest.fixture
def root(environment: Environment, clients: Clients, code: Path) -> Path:
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})
    return code.parents[1]


def land(environment: Environment, clients: Clients, **files: bytes) -> str:
    """Objects of raw/ written by something else than us, and the version that they make."""
    for name, body in files.items():
        clients("s3").put_object(Bucket=environment.lake.bucket, Key=f"raw/{name}", Body=body)
    (version,) = mark(environment, clients, "raw/")
    return version.id


def content(environment: Environment, clients: Clients, prefix: str) -> dict[str, bytes]:
    """Name below a prefix to what lies there."""
    s3, bucket = clients("s3"), environment.lake.bucket
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())]
    return {key.removeprefix(prefix): s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def told(environment: Environment, clients: Clients, handle: str) -> str:
    """The prefix that a run's jobs are told."""
    execution = clients("stepfunctions").describe_execution(executionArn=handle)
    return str(json.loads(execution["input"])["parameters"]["data"])


def test_what_pipelines_read_around_a_place_is_named(
    environment: Environment, clients: Clients, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    list(put(environment, clients, tmp_path / "a.csv", "raw/2026/"))
    (version,) = mark(environment, clients, "raw/2026/")
    assert (version.prefix, version.objects, version.bytes) == ("raw/", 1, 2)
    assert mark(environment, clients, "raw/2026/") == [version], "the same data is one version"
    assert list_versions(environment, clients) == [version]
    (other,) = mark(environment, clients, "raw/") + mark(environment, clients, "features/")
    assert other == version, "nothing lies in features/"
    manifest = get_manifest(environment, clients, version.id[:6])
    assert [one.key for one in manifest.objects] == ["raw/2026/a.csv"]


def test_an_id_is_the_same_on_a_machine_that_did_not_put_it_there(
    environment: Environment, clients: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    list(put(environment, clients, tmp_path / "a.csv", "raw/"))
    here = mark(environment, clients, "raw/")
    monkeypatch.setenv("MLOPS_IAC_CACHE", str(tmp_path / "another"))
    assert mark(environment, clients, "raw/") == here


def test_a_run_reads_exactly_the_version_that_it_is_told(
    environment: Environment, clients: Clients, root: Path
) -> None:
    first = land(environment, clients, a=b"old", b=b"stays")
    land(environment, clients, a=b"new", c=b"more")
    clients("s3").delete_object(Bucket=environment.lake.bucket, Key="raw/b")
    run = start(environment, clients, root, versions=[first])
    place = told(environment, clients, run.handle)
    assert place == f"curated/kept/data/{first}/"
    assert content(environment, clients, place) == {"a": b"old", "b": b"stays"}
    assert content(environment, clients, "raw/") == {"a": b"new", "c": b"more"}
    record = find_record(environment, clients, run.id)
    assert record is not None
    assert (record.data["data"]["digest"], record.data["data"]["copies"]) == (first, place)
    assert find_manifests(environment, clients, run.id)["data"].digest == first
    head = clients("s3").head_object(Bucket=environment.lake.bucket, Key=f"{place}a")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", environment.lake.key_arn)


def test_without_versions_of_objects_a_version_lasts_until_one_is_written_over(
    environment: Environment, clients: Clients, root: Path
) -> None:
    s3, bucket = clients("s3"), environment.lake.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    version = land(environment, clients, a=b"1")
    assert {one.version_id for one in get_manifest(environment, clients, version).objects} == {"null"}
    place = told(environment, clients, start(environment, clients, root, versions=[version]).handle)
    assert content(environment, clients, place) == {"a": b"1"}
    s3.put_object(Bucket=bucket, Key="raw/a", Body=b"2")
    with pytest.raises(RunError, match="`raw/a` were deleted"):
        start(environment, clients, root, versions=[version])


def test_a_retry_finds_the_copies_although_they_have_expired(
    environment: Environment, clients: Clients, root: Path
) -> None:
    version = land(environment, clients, a=b"1")
    run = start(environment, clients, root, versions=[version])
    place = told(environment, clients, run.handle)
    clients("s3").delete_object(Bucket=environment.lake.bucket, Key=f"{place}a")
    _stage_again(environment, clients, run.id)
    assert content(environment, clients, place) == {"a": b"1"}
    assert get_manifest(environment, clients, version).objects[0].key == "raw/a"


def test_what_lies_there_now_is_copied_too(environment: Environment, clients: Clients, root: Path) -> None:
    now = land(environment, clients, a=b"1")
    place = told(environment, clients, start(environment, clients, root, versions=[f"data={now}"]).handle)
    assert content(environment, clients, place) == {"a": b"1"}


def test_copies_are_made_once(environment: Environment, clients: Clients, root: Path) -> None:
    version = land(environment, clients, a=b"1")
    for _ in range(2):
        start(environment, clients, root, versions=[version])
    found = clients("s3").list_object_versions(Bucket=environment.lake.bucket, Prefix="curated/kept/data/")
    assert len(found["Versions"]) == 1


def test_previous_is_the_newest_that_is_not_there_now(environment: Environment, clients: Clients, root: Path) -> None:
    first = land(environment, clients, a=b"1")
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/a", Body=b"2")
    run = start(environment, clients, root, versions=["@previous"])
    assert told(environment, clients, run.handle) == f"curated/kept/data/{first}/"
    second = land(environment, clients)
    assert start(environment, clients, root).id
    assert {one.id for one in list_versions(environment, clients)} == {first, second}, "a run names its data"


def test_a_version_that_is_not_whole_is_refused_before_anything_starts(
    environment: Environment, clients: Clients, root: Path
) -> None:
    version = land(environment, clients, a=b"1", b=b"2")
    gone = next(one for one in get_manifest(environment, clients, version).objects if one.key == "raw/b")
    clients("s3").delete_object(Bucket=environment.lake.bucket, Key="raw/b", VersionId=gone.version_id)
    assert find_missing(environment, clients, get_manifest(environment, clients, version)) == ["raw/b"]
    with pytest.raises(RunError, match="`raw/b` were deleted, or have expired"):
        start(environment, clients, root, versions=[version])
    assert content(environment, clients, "curated/") == {}
    machine = environment.pipelines["training"].handle
    assert clients("stepfunctions").list_executions(stateMachineArn=machine)["executions"] == []


def test_a_version_that_was_written_over_is_not_trusted(environment: Environment, clients: Clients, root: Path) -> None:
    version = land(environment, clients, a=b"1")
    key = f"models/data/{version}/objects.json"
    body = clients("s3").get_object(Bucket=environment.lake.bucket, Key=key)["Body"].read()
    forged = json.loads(body) | {"prefix": "models/"}
    clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=json.dumps(forged).encode())
    with pytest.raises(RunError, match="is not what was named"):
        start(environment, clients, root, versions=[version])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["0123456789abcdef"], "screening-dev has no version"),
        (["zz"], "the beginning of no version"),
        (["@previous"], "no version is known but what lies there now"),
        (["date=0123456789abcdef"], "has no parameter `date`"),
    ],
)
def test_what_is_no_version_is_wrong_use(
    environment: Environment, clients: Clients, root: Path, asked: list[str], says: str
) -> None:
    land(environment, clients, a=b"1")
    with pytest.raises(UsageError, match=says):
        start(environment, clients, root, versions=asked)


def test_a_version_of_other_data_has_to_be_said(environment: Environment, clients: Clients, root: Path) -> None:
    version = land(environment, clients, **{"2026/a": b"1", "2027/a": b"2"})
    with pytest.raises(UsageError, match="is of `raw/`, and the run's `data` is `raw/2026/`"):
        start(environment, clients, root, parameters={"data": "raw/2026/"}, versions=[version])
    with pytest.raises(UsageError, match="was given a version already"):
        start(environment, clients, root, versions=[version, version])


def test_a_pipeline_that_cannot_is_refused_by_name(clients: Clients, environment: Environment, root: Path) -> None:
    version = land(environment, clients, a=b"1")
    only = {name: one for name, one in PARAMETERS.items() if one.type != "prefix"}
    with pytest.raises(RunError, match=r"`training` \(step-functions\) has no parameter that is a prefix"):
        start(make_environment(parameters=only), clients, root, versions=[version])
    steps = (*environment.pipelines["training"].steps, Step(name="history", kind="query"))
    with pytest.raises(RunError, match="Step `history` of `training` asks tables"):
        start(make_environment(steps=steps), clients, root, versions=[version])
    two = {**PARAMETERS, "labels": Parameter(type="prefix", default="raw/labels/")}
    with pytest.raises(UsageError, match="by 2 parameters: data, labels"):
        start(make_environment(parameters=two), clients, root, versions=[version])
    with_two = replace(environment, pipelines=make_environment(parameters=two).pipelines)
    assert start(with_two, clients, root, versions=[f"data={version}"]).id
