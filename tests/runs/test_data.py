from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError, UsageError
from mlops_iac.runs.data import list_data, put
from tests.support.small_environment import make_environment


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "2026").mkdir(parents=True)
    (folder / "a.csv").write_text("x\n1\n")
    (folder / "2026" / "b.csv").write_text("x\n2\n")
    (folder / ".DS_Store").write_text("x")
    return folder


def test_a_folder_goes_below_the_zone_encrypted_and_tagged(
    environment: Environment, clients: Clients, source: Path
) -> None:
    done = list(put(environment, clients, source, "raw/"))
    assert [(one.key, one.outcome) for one in done] == [("raw/a.csv", "uploaded"), ("raw/2026/b.csv", "uploaded")]
    head = clients("s3").head_object(Bucket=environment.lake.bucket, Key="raw/a.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", environment.lake.key_arn)
    tags = clients("s3").get_object_tagging(Bucket=environment.lake.bucket, Key="raw/a.csv")["TagSet"]
    assert tags == [{"Key": "mlops-iac:stack", "Value": "screening-dev"}]


def test_only_what_changed_is_uploaded_again(environment: Environment, clients: Clients, source: Path) -> None:
    list(put(environment, clients, source, "raw"))
    (source / "a.csv").write_text("x\n3\n")
    assert [one.outcome for one in put(environment, clients, source, "raw")] == ["uploaded", "unchanged"]


def test_a_file_goes_to_a_place_in_a_zone(environment: Environment, clients: Clients, source: Path) -> None:
    (one,) = put(environment, clients, source / "a.csv", "raw/2025/")
    assert one.key == "raw/2025/a.csv"


@pytest.mark.parametrize(
    ("target", "message"), [("row/", "did you mean `raw`"), ("raw/../models/", "Not a place"), ("", "No such zone")]
)
def test_a_wrong_place_is_refused(
    environment: Environment, clients: Clients, source: Path, target: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        list(put(environment, clients, source, target))
    assert message in str(caught.value)


def test_a_source_that_holds_nothing_is_refused(environment: Environment, clients: Clients, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="Nothing to upload"):
        list(put(environment, clients, tmp_path / "empty", "raw/"))
    with pytest.raises(UsageError, match="No such file or folder"):
        list(put(environment, clients, tmp_path / "absent", "raw/"))


def test_the_lake_is_listed_by_zone_and_by_prefix(environment: Environment, clients: Clients, source: Path) -> None:
    list(put(environment, clients, source, "raw/"))
    list(put(environment, clients, source / "a.csv", "curated/"))
    assert [one.key for one in list_data(environment, clients)] == ["curated/a.csv", "raw/2026/b.csv", "raw/a.csv"]
    assert [one.key for one in list_data(environment, clients, "raw/2026/")] == ["raw/2026/b.csv"]
    assert [one.key for one in list_data(environment, clients, "raw/a")] == ["raw/a.csv"]


def test_a_lake_that_is_gone_is_told_as_the_cloud_tells_it(clients: Clients, source: Path) -> None:
    with pytest.raises(CloudError) as caught:
        list(list_data(make_environment("other"), clients))
    assert caught.value.code == "NoSuchBucket"
