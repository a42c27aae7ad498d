"""What was put can be had back, and deleted, with its versions kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.errors import MlopsError, UsageError
from mlops_iac.runs.data import find_stored, list_data, put
from mlops_iac.runs.fetching import get, remove


@pytest.fixture
def lake(environment, clients, tmp_path):
    """``raw/a.csv``, ``raw/2026/b.csv`` and ``raw/2026/deep/c.csv``."""
    source = tmp_path / "source"
    for name in ("a.csv", "2026/b.csv", "2026/deep/c.csv"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"{name}\n")
    list(put(environment, clients, source, "raw/"))
    return environment, clients


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize(
    ("place", "target", "expected"),
    [
        ("raw/a.csv", "new.csv", {"new.csv": "a.csv\n"}),
        ("raw/a.csv", ".", {"a.csv": "a.csv\n"}),
        ("raw/2026/", ".", {"b.csv": "2026/b.csv\n", "deep/c.csv": "2026/deep/c.csv\n"}),
        ("raw/2026/", "new/folder", {"new/folder/b.csv": "2026/b.csv\n", "new/folder/deep/c.csv": "2026/deep/c.csv\n"}),
    ],
)
def test_a_file_or_a_place_is_had_back(lake, tmp_path, place, target, expected):
    folder = tmp_path / "out"
    folder.mkdir()
    assert {one.outcome for one in get(*lake, place, folder / target)} == {"downloaded"}
    assert contents(folder) == expected


def test_what_is_the_same_is_left_alone_and_what_is_not_is_not_overwritten(lake, tmp_path):
    file = tmp_path / "a.csv"
    list(get(*lake, "raw/a.csv", file))
    assert [one.outcome for one in get(*lake, "raw/a.csv", file)] == ["unchanged"]
    file.write_text("mine!\n")
    with pytest.raises(UsageError, match="overwritten"):
        list(get(*lake, "raw/a.csv", file))
    assert file.read_text() == "mine!\n"
    list(get(*lake, "raw/a.csv", file, overwrite=True))
    assert file.read_text() == "a.csv\n"


def test_nothing_is_downloaded_when_one_file_is_in_the_way(lake, tmp_path):
    folder = tmp_path / "out"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/c.csv").write_text("mine")
    with pytest.raises(UsageError):
        list(get(*lake, "raw/2026/", folder))
    assert contents(folder) == {"deep/c.csv": "mine"}


@pytest.mark.parametrize("key", ["raw/2026/../../escaped", "raw/2026//double", "raw/2026/./dot"])
def test_a_key_that_would_leave_the_folder_is_refused(lake, tmp_path, key):
    environment, clients = lake
    clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=b"x")
    with pytest.raises(UsageError, match="cannot be a file's name"):
        list(get(environment, clients, "raw/2026/", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_disk_that_does_not_take_it_is_told_and_leaves_no_half_file(lake, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(MlopsError, match="cannot be written"):
        list(get(*lake, "raw/a.csv", tmp_path / "file" / "a.csv"))


@pytest.mark.parametrize(("place", "message"), [("raw/b.csv", "No such file"), ("raw/2026", "This is a place")])
def test_what_is_not_there_is_told(lake, place, message):
    with pytest.raises(UsageError, match=message):
        find_stored(*lake, place)


def test_a_deleted_file_is_gone_and_its_versions_are_kept(lake):
    environment, clients = lake
    clients("s3").put_bucket_versioning(Bucket=environment.lake.bucket, VersioningConfiguration={"Status": "Enabled"})
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/a.csv", Body=b"second")
    assert [one.key for one in remove(*lake, find_stored(*lake, "raw/a.csv"))] == ["raw/a.csv"]
    assert "raw/a.csv" not in [one.key for one in list_data(*lake)]
    kept = clients("s3").list_object_versions(Bucket=environment.lake.bucket, Prefix="raw/a.csv")
    assert len(kept["Versions"]) == 2
    assert len(kept["DeleteMarkers"]) == 1


def test_a_place_is_deleted_with_all_below_it_and_nothing_beside(lake):
    environment, clients = lake
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/2026.csv", Body=b"x")
    list(remove(*lake, find_stored(*lake, "raw/2026/")))
    assert [one.key for one in list_data(*lake)] == ["raw/2026.csv", "raw/a.csv"]


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("raw/new.csv", "raw/new.csv"),
        ("raw/2026/new.csv", "raw/2026/new.csv"),
        ("raw/new.csv/", "raw/new.csv/a.csv"),
        ("raw/2027", "raw/2027/a.csv"),
        ("raw/v1.2", "raw/v1.2/a.csv"),
        ("raw", "raw/a.csv"),
    ],
)
def test_a_file_is_put_onto_a_name_or_into_a_place(lake, tmp_path, target, key):
    assert [one.key for one in put(*lake, tmp_path / "source/a.csv", target)] == [key]


def test_a_name_below_which_something_lies_is_a_place(lake, tmp_path):
    environment, clients = lake
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/old.csv/part-0", Body=b"x")
    assert [one.key for one in put(*lake, tmp_path / "source/a.csv", "raw/old.csv")] == ["raw/old.csv/a.csv"]
