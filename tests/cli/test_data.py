from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.data import render_size
from mlops_iac.cli.main import run_command
from mlops_iac.core.errors import CloudError
from tests.support.small_environment import make_environment, make_lake, moto_clients


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[environments.Opened]:
    environment = make_environment()
    with moto_clients() as clients:
        make_lake(environment, clients)
        opened = environments.Opened(environment, clients, tmp_path)
        monkeypatch.setattr("mlops_iac.cli.data.open_environment", lambda *_, **__: opened)
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text("x\n1\n")
    return tmp_path / "a.csv"


def test_what_was_put_is_listed(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["data", "put", "screening-dev", str(table), "raw/"]) == 0
    out, err = capsys.readouterr()
    assert (out, "1 uploaded, 0 unchanged" in err) == ("", True)
    assert run_command(["data", "ls", "screening-dev", "raw/"]) == 0
    assert capsys.readouterr().out.split()[2:] == ["4", "B", "raw/a.csv"]


def test_json_names_every_file_and_what_became_of_it(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for outcome in ("uploaded", "unchanged"):
        assert run_command(["data", "put", "screening-dev", str(table), "raw/2026", "--json"]) == 0
        (file,) = json.loads(capsys.readouterr().out)["files"]
        assert (file["key"], file["outcome"]) == ("raw/2026/a.csv", outcome)
    assert run_command(["data", "ls", "screening-dev", "raw/", "--json"]) == 0
    assert [one["key"] for one in json.loads(capsys.readouterr().out)["objects"]] == ["raw/2026/a.csv"]


def test_an_unknown_zone_is_wrong_use(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["data", "put", "screening-dev", str(table), "row/"]) == 2
    assert "did you mean `raw`" in capsys.readouterr().err


def test_an_empty_lake_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["data", "ls", "screening-dev"]) == 0
    assert "Nothing there" in capsys.readouterr().err


@pytest.mark.parametrize(("size", "text"), [(4, "4 B"), (121388, "118.5 KiB"), (5 * 1024**4, "5120.0 GiB")])
def test_sizes_are_read_at_a_glance(size: int, text: str) -> None:
    assert render_size(size) == text


def test_what_was_put_wrongly_is_got_back_and_deleted(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["data", "put", "screening-dev", str(table), "raw/wrong.csv"]) == 0
    assert run_command(["data", "get", "screening-dev", "raw/wrong.csv", str(tmp_path / "back.csv"), "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert (file["key"], file["outcome"], (tmp_path / "back.csv").read_text()) == (
        "raw/wrong.csv", "downloaded", "x\n1\n",
    )  # fmt: skip
    assert run_command(["data", "rm", "screening-dev", "raw/wrong.csv"]) == 2, "nobody to ask"
    assert run_command(["data", "rm", "screening-dev", "raw/wrong.csv", "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["deleted"] == ["raw/wrong.csv"]
    assert run_command(["data", "rm", "screening-dev", "raw/wrong.csv", "--yes"]) == 2
    assert "data ls screening-dev" in capsys.readouterr().err


def test_a_put_names_a_version_and_its_objects_are_shown(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["data", "put", "screening-dev", str(table), "raw/", "--json"]) == 0
    (version,) = json.loads(capsys.readouterr().out)["versions"]
    assert (version["prefix"], version["objects"], version["bytes"]) == ("raw/", 1, 4)
    assert run_command(["data", "mark", "screening-dev"]) == 0
    assert capsys.readouterr().out.split() == [version["id"], "raw/"]
    assert run_command(["data", "versions", "screening-dev"]) == 0
    assert capsys.readouterr().out.split()[:5] == [version["id"], version["at"], "1", "object", "4"]
    assert run_command(["data", "versions", "screening-dev", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["versions"] == [version]
    assert run_command(["data", "versions", "screening-dev", version["id"][:8], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["id"], told["missing"], told["objects"][0]["key"]) == (version["id"], [], "raw/a.csv")


def test_an_object_of_a_version_that_is_gone_is_shown_so(
    opened: environments.Opened, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["data", "put", "screening-dev", str(table), "raw/", "--json"]) == 0
    (version,) = json.loads(capsys.readouterr().out)["versions"]
    s3, place = opened.clients("s3"), {"Bucket": opened.environment.lake.bucket, "Key": "raw/a.csv"}
    s3.delete_object(**place, VersionId=s3.head_object(**place)["VersionId"])
    assert run_command(["data", "versions", "screening-dev", version["id"]]) == 0
    out, err = capsys.readouterr()
    assert out.rstrip().endswith("GONE")
    assert "no run can read this version" in err


def test_without_a_version_there_is_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["data", "versions", "screening-dev"]) == 0
    assert "data put screening-dev PATH raw/" in capsys.readouterr().err
    assert run_command(["data", "mark", "screening-dev", "features/"]) == 0
    assert "Nothing lies in features/" in capsys.readouterr().err


def test_what_may_not_be_named_was_put_all_the_same(
    table: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise CloudError("Cloud refused a request.", "s3:ListObjectVersions is not allowed.")

    monkeypatch.setattr("mlops_iac.runs.data_versions.mark", refuse)
    assert run_command(["data", "put", "screening-dev", str(table), "raw/"]) == 0
    err = capsys.readouterr().err
    assert "1 uploaded" in err
    assert "no version was named: s3:ListObjectVersions is not allowed" in err
