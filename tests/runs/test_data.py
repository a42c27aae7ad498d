from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError, UsageError
from mlops_iac.runs.data import list_data, put
from mlops_iac.runs.unchanged import FEW
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


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(3 * FEW):
        (folder / f"{number:03}.csv").write_text(f"x\n{number}\n")
    return folder


def asked_by(monkeypatch: pytest.MonkeyPatch, clients: Clients) -> list[str]:
    """The operations of each request from now on."""
    asked: list[str] = []
    clients("s3").meta.events.register("before-call.s3.*", lambda model, **_: asked.append(model.name))
    return asked


def outcomes(environment: Environment, clients: Clients, folder: Path) -> set[str]:
    return {one.outcome for one in put(environment, clients, folder, "raw/")}


def test_many_files_come_in_order_and_are_known_again_by_one_listing(
    environment: Environment, clients: Clients, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = list(put(environment, clients, many, "raw/"))
    assert [one.key for one in done] == [f"raw/{number:03}.csv" for number in range(3 * FEW)]
    asked = asked_by(monkeypatch, clients)
    assert outcomes(environment, clients, many) == {"unchanged"}
    assert asked == ["ListObjectsV2"]


def test_what_another_machine_uploaded_is_asked_for_once(
    environment: Environment, clients: Clients, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(put(environment, clients, many, "raw/"))
    monkeypatch.setenv("MLOPS_IAC_CACHE", str(tmp_path / "another"))
    asked = asked_by(monkeypatch, clients)
    assert outcomes(environment, clients, many) == {"unchanged"}
    assert asked.count("HeadObject") == 3 * FEW
    asked.clear()
    assert outcomes(environment, clients, many) == {"unchanged"}
    assert asked == ["ListObjectsV2"]


def test_a_memory_that_is_wrong_or_damaged_makes_nobody_believe_a_change_away(
    environment: Environment, clients: Clients, many: Path, tmp_path: Path
) -> None:
    list(put(environment, clients, many, "raw/"))
    clients("s3").put_object(Bucket=environment.lake.bucket, Key="raw/000.csv", Body=b"x\n9\n")
    done = {one.key: one.outcome for one in put(environment, clients, many, "raw/")}
    assert done.pop("raw/000.csv") == "uploaded", "of the same size, by somebody else"
    assert set(done.values()) == {"unchanged"}
    (memory,) = (tmp_path / "cache" / "uploads").iterdir()
    for damage in ("", "[]", '{"raw/001.csv": 1}', "{"):
        memory.write_text(damage)
        assert outcomes(environment, clients, many) == {"unchanged"}


def test_after_a_failure_no_further_upload_is_begun(
    environment: Environment, clients: Clients, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []

    def fail(*arguments: object, **_: object) -> str:
        begun.append(arguments)
        raise CloudError("Cloud refused a request.", "it is full")

    monkeypatch.setattr("mlops_iac.runs.data.upload", fail)
    with pytest.raises(CloudError, match="refused"):
        list(put(environment, clients, many, "raw/"))
    assert len(begun) < 3 * FEW


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
