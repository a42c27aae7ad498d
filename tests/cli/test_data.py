from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.data import render_size
from mlops_iac.cli.main import run_command
from tests.support.small_environment import make_environment, make_lake, moto_clients


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    environment = make_environment()
    with moto_clients() as clients:
        make_lake(environment, clients)
        opened = environments.Opened(environment, clients, tmp_path)
        monkeypatch.setattr("mlops_iac.cli.data.open_environment", lambda *_, **__: opened)
        yield


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
    assert run_command(["data", "ls", "screening-dev", "--json"]) == 0
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
