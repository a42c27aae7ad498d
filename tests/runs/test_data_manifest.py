from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs import data_manifest
from mlops_iac.runs.data import put
from mlops_iac.runs.data_manifest import DataManifest, read_manifest


def write(environment: Environment, clients: Clients, **objects: bytes) -> None:
    for name, body in objects.items():
        clients("s3").put_object(Bucket=environment.lake.bucket, Key=f"raw/{name}", Body=body)


def manifest(environment: Environment, clients: Clients, prefix: str = "raw/") -> DataManifest:
    return read_manifest(environment, environment.lake, clients, prefix)


def test_it_names_the_version_that_lies_there(environment: Environment, clients: Clients) -> None:
    write(environment, clients, a=b"old", b=b"22")
    write(environment, clients, a=b"newer")
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/folder/", Body=b"")
    found = manifest(environment, clients)
    now = clients("s3").head_object(Bucket=environment.lake.bucket, Key="raw/a")
    assert [(one.key, one.size) for one in found.objects] == [("raw/a", 5), ("raw/b", 2)]
    assert found.objects[0].version_id == now["VersionId"]
    assert found.objects[0].etag == now["ETag"].strip('"')
    assert (found.size, found.complete) == (7, True)


def test_a_deleted_object_is_not_data(environment: Environment, clients: Clients) -> None:
    write(environment, clients, a=b"1", b=b"2")
    clients("s3").delete_object(Bucket=environment.lake.bucket, Key="raw/a")
    assert [one.key for one in manifest(environment, clients).objects] == ["raw/b"]


def test_what_this_machine_put_there_has_its_hash(environment: Environment, clients: Clients, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("1\n")
    list(put(environment, clients, tmp_path / "table.csv", "raw/"))
    (one,) = manifest(environment, clients).objects
    assert one.sha256 == "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865"
    write(environment, clients, **{"table.csv": b"somebody else's"})
    assert manifest(environment, clients).objects[0].sha256 is None


def test_the_digest_changes_with_content_and_only_then(environment: Environment, clients: Clients) -> None:
    write(environment, clients, a=b"1")
    first = manifest(environment, clients).digest
    assert manifest(environment, clients).digest == first
    write(environment, clients, a=b"2")
    assert manifest(environment, clients).digest != first


def test_a_larger_lake_says_that_it_is_not_complete(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_manifest, "MOST_OBJECTS", 2)
    write(environment, clients, a=b"1", b=b"2")
    assert manifest(environment, clients).complete
    write(environment, clients, c=b"3")
    found = manifest(environment, clients)
    assert ([one.key for one in found.objects], found.complete) == (["raw/a", "raw/b"], False)


def test_old_versions_without_end_are_not_looked_through() -> None:
    looked_at = []

    def pages() -> Iterator[dict[str, object]]:
        for number in range(1000):
            looked_at.append(number)
            yield {"DeleteMarkers": [{}] * 1000, "IsTruncated": True}

    assert data_manifest._latest(pages()) == ([], False)
    assert len(looked_at) == data_manifest.MOST_LOOKED_AT / 1000


def test_it_is_read_back_as_it_was_written(environment: Environment, clients: Clients) -> None:
    write(environment, clients, a=b"1")
    found = manifest(environment, clients)
    assert DataManifest.from_json(found.to_json()) == found
