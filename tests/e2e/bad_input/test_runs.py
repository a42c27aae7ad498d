"""What goes wrong with data, runs and predictions, by the real CLI: what is told says what to do, and what ran before
runs on."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from tests.e2e.bad_input.project import Project, environment, wait_until
from tests.support.tiny_team import write_script

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

# Data, runs and predictions ------------------------------------------------------------------------------------------


def test_predict_before_any_model_says_what_to_run(deployed: Project):
    says = ("no model yet", "mlops-iac run tiny-dev training --follow")
    deployed.refused("predict", "tiny-dev", "--data", "rows.json", code=exit_codes.ERROR, says=says)


def test_nothing_is_done_when_nobody_can_be_asked(deployed: Project):
    before, bucket = deployed.state("tiny-dev"), deployed.run("outputs", "tiny-dev", "stores.lake.bucket")
    for words in (("cloud", "reset"), ("destroy", "tiny-dev")):
        deployed.refused(*words, code=exit_codes.CONFIGURATION, says=("Nobody to ask.", "--yes"))
    assert deployed.state("tiny-dev") == before
    assert "numbers.csv" in deployed.run("data", "ls", "tiny-dev", "raw/")
    assert deployed.run("outputs", "tiny-dev", "stores.lake.bucket") == bucket


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("data", "put", "tiny-dev", "absent", "raw/"), 2, ("`absent` does not exist.",)),
        (("data", "put", "tiny-dev", "data", "row/"), 2, ("curated/, features/, models/, raw/", "did you mean `raw`?")),
        (("data", "put", "tiny-dev", "data", "raw/../x"), 2, ("`..`",)),
        (("run", "tiny-dev", "trainin"), 2, ("it has: training", "did you mean `training`?")),
        (("run", "tiny-dev", "--set", "gate_at_least"), 2, ("`gate_at_least` must look like",)),
        (("run", "tiny-dev", "--set", "gate_at_least=high"), 2, ("a finite number", "'high'")),
        (("runs", "tiny-dev", "261121-081530-3fa2"), 1, ("has no run `261121-081530-3fa2`", "mlops-iac runs tiny-dev")),
        (("logs", "tiny-dev", "261121-081530-3fa2"), 1, ("has no run `261121-081530-3fa2`",)),
        (("logs", "tiny-dev", "the-first"), 2, ("`the-first` is not the id of a run",)),
        (("runs", "tiny-dev", "--follow"), 2, ("No run given.",)),
        (("outputs", "tiny-dev", "stors"), 2, ("did you mean `stores`?",)),
    ],
)
def test_wrong_words_about_an_environment(deployed: Project, words: tuple[str, ...], code: int, says: tuple[str, ...]):
    deployed.refused(*words, code=code, says=says)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, ("wrong.yaml", "There is no such file.")),
        (b"[1, 2]\n", ("wrong.yaml", "not a map")),
        (b"\xd0\xff\n", ("wrong.yaml", "not UTF-8")),
        (b"gate_at_least: 0.5\ngate_at_least: 0.1\n", ("wrong.yaml:2", "already on line 1")),
        (b"data: &a raw/\nx: *a\n", ("wrong.yaml:1", "aliases")),
        (b"data: !!python/object/apply:os.system ['touch pwned']\n", ("wrong.yaml:1", "os.system")),
        (b"# weak\ngate: 1\nhyperparameters: 3\n", ("wrong.yaml:2  gate", "wrong.yaml:3  hyperparameters", "a map")),
    ],
)
def test_wrong_parameters_are_told_with_their_line(deployed: Project, content: bytes | None, says: tuple[str, ...]):
    if content is not None:
        (deployed.folder / "wrong.yaml").write_bytes(content)
    deployed.refused("run", "tiny-dev", "--parameters", "wrong.yaml", code=exit_codes.CONFIGURATION, says=says)
    (deployed.folder / "wrong.yaml").unlink(missing_ok=True)
    assert not (deployed.folder / "pwned").exists()
    assert json.loads(deployed.run("runs", "tiny-dev", "--json")) == {"runs": []}


def test_a_missing_code_folder_or_script_starts_no_run(deployed: Project):
    code = deployed.folder / "examples/tiny"
    code.rename(code.with_name("away"))
    try:
        says = ("examples/tiny", "Code folder is missing.")
        deployed.refused("run", "tiny-dev", code=exit_codes.ERROR, says=says)
        says = ("stacks/Pulumi.tiny-dev.yaml:", "The code folder is missing.")
        deployed.refused("preview", "tiny-dev", code=exit_codes.CONFIGURATION, says=says)
    finally:
        code.with_name("away").rename(code)
    (code / "train.py").rename(code / "trian.py")
    try:
        says = ("Script is missing.", "Step `train` runs `train.py`", "did you mean `trian.py`?")
        deployed.refused("run", "tiny-dev", code=exit_codes.ERROR, says=says)
    finally:
        (code / "trian.py").rename(code / "train.py")
    assert json.loads(deployed.run("runs", "tiny-dev", "--json")) == {"runs": []}


@pytest.mark.parametrize(
    ("requirements", "says"),
    [
        ("no-such-package-xyzzy==9.9\n", ("no-such-package-xyzzy==9.9", "check the package's name and version")),
        ("%%%%\n", ("Invalid requirement: '%%%%'", "(from line 1 of ", "correct the line that pip names")),
        ("scikit-learn==0.1\n", ("scikit-learn==0.1", "scikit-learn==1.4.2", "exclude")),
    ],
)
def test_requirements_that_cannot_be_installed_start_no_run(
    deployed: Project, requirements: str, says: tuple[str, ...]
):
    file = deployed.folder / "examples/tiny/requirements.txt"
    file.write_text(requirements)
    try:
        told = deployed.refused(
            "run", "tiny-dev", code=exit_codes.ERROR, says=("Requirements cannot be resolved.", *says),
            env={"PIP_NO_INDEX": "1"},
        )  # fmt: skip
    finally:
        file.unlink()
    assert "examples/tiny/requirements.txt" in told
    assert json.loads(deployed.run("runs", "tiny-dev", "--json")) == {"runs": []}


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("absent.json", None, 2, ("No such file",)),
        ("rows.parquet", b"PAR1", 2, ("neither .json nor .csv", "--content-type")),
        ("rows.json", b"", 2, ("rows.json", "empty")),
        ("rows.json", b'{\n"instances": [[7]\n', 2, ("rows.json:3", "not JSON")),
        ("rows.csv", b"1\n\xff\n", 2, ("rows.csv:2", "not UTF-8")),
        ("rows.json", b"[" * 4_200_000, 2, ("4,200,000 bytes", "4,194,304", "fewer rows")),
        ("rows.json", b'{"rows": 1}', 1, ("Model failed.", "KeyError: 'instances'")),
    ],
)
def test_rows_of_the_wrong_kind(serving: Project, name: str, content: bytes | None, code: int, says: tuple[str, ...],
                                tmp_path: Path):  # fmt: skip
    if content is not None:
        (tmp_path / name).write_bytes(content)
    serving.refused("predict", "tiny-dev", "--data", str(tmp_path / name), code=code, says=says)


# What fails while it runs ---------------------------------------------------------------------------------------------


@contextmanager
def script(project: Project, name: str, text: str) -> Iterator[None]:
    """The team's script as this text, for a while."""
    path = project.folder / "examples/tiny" / name
    before = path.read_text()
    write_script(path, text)
    try:
        yield
    finally:
        path.write_text(before)


def test_a_training_script_that_raises(serving: Project):
    before = serving.served()
    with script(serving, "train.py", 'print("reading")\nraise RuntimeError("column 7 is missing")'):
        told = serving.refused("run", "tiny-dev", "--follow", code=exit_codes.ERROR, says=(
            "Run failed.", "Step `train`", "The end of its log:", 'File "/opt/ml/code/train.py", line 2',
            "keeps serving the model of run", "mlops-iac logs tiny-dev",
        ))  # fmt: skip
    assert re.search(r"^  train +failed +[\d.]+ s  training$", told, re.MULTILINE), told
    assert told.count("RuntimeError: column 7 is missing") == 1, "the reason is told once"
    assert serving.served() == before
    assert "5" in serving.run("predict", "tiny-dev", "--data", "rows.json")
    run = json.loads(serving.run("runs", "tiny-dev", "--json"))["runs"][0]
    assert run["status"] == "failed"
    assert "column 7 is missing" in serving.run("logs", "tiny-dev", run["id"], "train")


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_serving(serving: Project):
    before = serving.served()
    with script(serving, "inference.py", 'def model_fn(folder):\n    raise ValueError("written by a newer version")'):
        serving.refused("run", "tiny-dev", "--follow", code=exit_codes.ERROR, says=(
            "Step `deploy`", "rolled the update back", "ValueError: written by a newer version",
            "keeps serving the model of run",
        ))  # fmt: skip
    assert serving.served() == before
    assert "5" in serving.run("predict", "tiny-dev", "--data", "rows.json")


def test_ctrl_c_leaves_a_run_alone_and_says_how_to_come_back(serving: Project):
    following = serving.start("run", "tiny-dev", "--follow")
    wait_until(lambda: json.loads(serving.run("runs", "tiny-dev", "--json"))["runs"][0]["status"] == "running")
    following.send_signal(signal.SIGINT)
    out, err = following.communicate(timeout=30)
    assert following.returncode == exit_codes.CANCELLED, out + err
    found = re.search(r"Run (\S+) goes on\.", err)
    assert found, err
    assert f"mlops-iac runs tiny-dev {found[1]} --follow" in err
    assert "succeeded" in serving.run("runs", "tiny-dev", found[1], "--follow")


def test_a_reader_that_goes_away_is_no_error(serving: Project):
    command = " ".join([sys.executable, "-m", "mlops_iac.cli.main"])
    for words in ("preview tiny-dev --json", "logs tiny-dev last", "outputs tiny-dev --json"):
        line = f"set -o pipefail; {command} {words} | head -c 1 > /dev/null"
        done = subprocess.run(
            ["/bin/bash", "-c", line],
            cwd=serving.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), words
