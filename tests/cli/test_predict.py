from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import environments
from mlops_iac.cli.main import run_command
from mlops_iac.runs.predict import Prediction
from tests.support.small_environment import make_environment

ANSWER = {"predictions": [1, 0], "probabilities": [[0.1, 0.9], [0.75, 0.25]], "classes": [0, 1]}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    seen: list[Any] = []

    def predict(
        environment: Any,
        clients: Any,
        body: bytes,
        kind: str,
        *,
        accept: str,
        endpoint: str | None,
        inference_id: str | None,
        source: str,
        through_api: bool,
        application: str | None,
    ) -> Prediction:
        seen.append((body, kind) if inference_id is None else (body, kind, inference_id))
        if accept == "image/png":
            return Prediction("screening-dev-endpoint", "main", b"\x89PNG\xff", accept)
        return Prediction("screening-dev-endpoint", "main", ANSWER)

    opened = environments.Opened(make_environment(), None, tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr("mlops_iac.cli.predict.open_environment", lambda *_, **__: opened)
    monkeypatch.setattr("mlops_iac.runs.predict.predict", predict)
    return seen


def test_every_row_has_a_line_with_its_probabilities(
    tmp_path: Path, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.json").write_text("[[1], [2]]")
    assert run_command(["predict", "screening-dev", "--data", str(tmp_path / "rows.json")]) == 0
    assert asked == [(b"[[1], [2]]", "application/json")]
    assert capsys.readouterr().out.splitlines() == [
        "row   1  1   p(0) = 0.1000  p(1) = 0.9000",
        "row   2  0   p(0) = 0.7500  p(1) = 0.2500",
    ]


def test_json_is_the_models_answer(tmp_path: Path, asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rows.csv").write_text("1\n2\n")
    assert run_command(["predict", "screening-dev", "--data", str(tmp_path / "rows.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == ANSWER
    assert asked[0][1] == "text/csv"


def test_rows_come_from_standard_input_too(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1,2\n")))
    assert run_command(["predict", "screening-dev", "--data", "-", "--content-type", "text/csv"]) == 0
    assert asked == [(b"1,2\n", "text/csv")]


@pytest.mark.parametrize(
    ("name", "words"), [("absent.json", "No such file"), ("absent", "No such file"), ("rows.parquet", "--content-type")]
)
def test_a_file_that_cannot_be_sent_is_wrong_use(
    tmp_path: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.parquet").touch()
    assert run_command(["predict", "screening-dev", "--data", str(tmp_path / name)]) == 2
    assert words in capsys.readouterr().err


def test_raw_bodies_go_out_and_come_back_as_they_are(
    tmp_path: Path, asked: list[Any], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x00\xff")
    words = ["predict", "screening-dev", "--data", str(tmp_path / "picture.png")]
    assert run_command([*words, "--content-type", "image/png", "--accept", "image/png"]) == 0
    assert asked == [(b"\x00\xff", "image/png")]
    assert capfdbinary.readouterr().out == b"\x89PNG\xff"


@pytest.mark.parametrize(("flag", "said"), [("--header", "present"), ("--no-header", "absent")])
def test_a_header_can_be_said(tmp_path: Path, asked: list[Any], flag: str, said: str) -> None:
    (tmp_path / "rows.csv").write_text("0,1\n2,3\n")
    assert run_command(["predict", "screening-dev", "--data", str(tmp_path / "rows.csv"), flag]) == 0
    assert asked[-1][1] == f"text/csv; header={said}"


def test_an_inference_id_goes_with_the_request(tmp_path: Path, asked: list[Any]) -> None:
    (tmp_path / "rows.csv").write_text("1\n")
    words = ["predict", "screening-dev", "--data", str(tmp_path / "rows.csv"), "--inference-id", "visit-7"]
    assert run_command(words) == 0
    assert asked == [(b"1\n", "text/csv", "visit-7")]
