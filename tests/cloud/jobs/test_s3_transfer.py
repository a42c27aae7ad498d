"""Which objects become which files of a job's input, and which cannot."""

from __future__ import annotations

import os
import tracemalloc
import uuid

import pytest

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, check_paths, download, upload_file, upload_folder

BUCKET = "lake"


@pytest.fixture
def s3(cloud):
    return cloud.s3


@pytest.fixture
def put(s3):
    """Store objects below a prefix of this test's own; answers the prefix's address."""
    prefix = uuid.uuid4().hex

    def put(*keys, body=b"1"):
        for key in keys:
            s3.put_object(Bucket=BUCKET, Key=f"{prefix}/{key}", Body=body)
        return f"s3://{BUCKET}/{prefix}"

    return put


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("end", ["", "/"])
def test_objects_become_files_and_empty_folder_markers_do_not(s3, put, tmp_path, end):
    uri = put("a.csv", "sub/b.csv", "sub/deeper/c.csv")
    put("sub/", body=b"")
    assert download(s3, Source(uri + end), tmp_path) == 3
    assert files(tmp_path) == ["a.csv", "sub/b.csv", "sub/deeper/c.csv"]


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        (("a//b", "a/b"), "a//b"),
        (("/a", "a"), "/a"),
        (("a", "a/b"), "a"),
        (("a/b/c", "a/b"), "a/b"),
        (("../x",), "../x"),
        (("a/./b", "a/b"), "a/./b"),
        (("n" * 300,), "n" * 300),
        (("é" * 128,), "é" * 128),
        (("full/",), "full/"),
    ],
)
def test_an_object_that_cannot_be_a_file_is_named_and_nothing_is_lost_or_half_done(s3, put, tmp_path, keys, named):
    uri = put("first.csv", *keys)
    with pytest.raises(JobFailed) as caught:
        download(s3, Source(f"{uri}/"), tmp_path / "input")
    assert str(caught.value).startswith("ClientError: Data download failed")
    assert f"/{named}`" in str(caught.value)
    assert files(tmp_path) == []


def test_names_of_255_bytes_and_odd_characters_are_files(s3, put, tmp_path):
    keys = ["n" * 255, "\x1b[2J", "a b+%20?#", "line\nend", "...", "..a"]
    download(s3, Source(put(*keys)), tmp_path)
    assert files(tmp_path) == sorted(keys)


def test_the_check_is_of_paths_and_asks_nobody():
    check_paths([(S3Uri("b", "p/a"), "a"), (S3Uri("b", "p/ab"), "ab"), (S3Uri("b", "p/a.d/x"), "a.d/x")])


def test_a_file_whose_name_s3_cannot_hold_is_told(s3, tmp_path):
    odd = tmp_path / os.fsdecode(b"\xff.csv")
    odd.write_bytes(b"1")
    with pytest.raises(JobFailed, match="not UTF-8"):
        upload_folder(s3, tmp_path, S3Uri(BUCKET, "output"))


def test_a_large_file_goes_out_and_comes_in_in_pieces(s3, tmp_path):
    size = 80 * 1024 * 1024
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    tracemalloc.start()
    upload_file(s3, tmp_path / "large", S3Uri(BUCKET, "large/file"))
    assert download(s3, Source(f"s3://{BUCKET}/large/"), tmp_path / "input") == size
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 2, "of the job's side and the cloud's, which are one process here"
