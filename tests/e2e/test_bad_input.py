"""What goes wrong at the keyboard and around it, by the real CLI: each time an exit code of Pulumi's table, what is
wrong, where, the value given, what is allowed, what to do, no traceback, and everything as it was before."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.support.tiny_team import write_script, write_tiny_team

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("bad-input")]

NEW = ("new", "--team", "tiny", "--env", "qa", "--blueprint", "tabular-batch", "--code", "examples/tiny")
CLI = [sys.executable, "-m", "mlops_iac.cli.main"]


class Project:
    """One project, the CLI in it, and how it looks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        """Run a command; answers what it wrote to stdout, or to stderr when it is to fail."""
        done = subprocess.run(
            [*CLI, *arguments], cwd=cwd or self.folder, env=environment(env), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "This is a bug" not in done.stderr
        assert 'mlops_iac/cli/main.py", line' not in done.stderr, "a traceback of our own"
        return done.stderr if code else done.stdout

    def refused(self, *arguments: str, code: int, says: tuple[str, ...] = (), **more: Any) -> str:
        """Run a command that must fail in three parts: a summary, a detail with these words, a hint."""
        told = self.run(*arguments, code=code, **more)
        assert re.search(r"^error: .+\.$", told, re.MULTILINE), told
        assert "hint: " in told, told
        for words in says:
            assert words in told, f"`{words}` is not in:\n{told}"
        return told

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*CLI, *arguments], cwd=self.folder, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def cloud(self) -> EmbeddedCloud:
        return EmbeddedCloud(self.folder / ".mlops-iac/cloud")

    def state(self, stack: str) -> dict[str, Any]:
        file = self.folder / f".mlops-iac/state/.pulumi/stacks/mlops-iac/{stack}.json"
        deployment: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"]
        return deployment

    def stack_files(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.folder / "stacks").iterdir() if file.is_file()}

    def served(self) -> str:
        sagemaker = self.cloud.clients("eu-west-1")("sagemaker")
        name: str = sagemaker.describe_endpoint(EndpointName="tiny-dev-endpoint")["EndpointConfigName"]
        return name


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    return {**kept, **(more or {})}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with one stack file, tiny-dev; nothing runs yet."""
    folder = make_project(tmp_path_factory.mktemp("bad") / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    write_tiny_team(folder)
    made = Project(folder)
    made.run(*(word if word != "qa" else "dev" for word in NEW))
    yield made
    made.run("cloud", "stop")


@pytest.fixture(scope="module")
def deployed(project: Project) -> Project:
    """The same project with tiny-dev deployed and its data in place."""
    project.run("up", "tiny-dev", "--yes")
    project.run("data", "put", "tiny-dev", "data", "raw/")
    return project


@pytest.fixture(scope="module")
def serving(deployed: Project) -> Project:
    """The same with a model that answers."""
    deployed.run("run", "tiny-dev", "training", "--follow")
    assert "5" in deployed.run("predict", "tiny-dev", "--data", "rows.json")
    return deployed


# Words on the command line ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--team", "a", ("Value given: a.", "2 to 16 characters")),
        ("--team", "a" * 17, ("2 to 16 characters",)),
        ("--team", "Tiny", ("Value given: Tiny.", "small letters")),
        ("--team", "ti--ny", ("single hyphens",)),
        ("--team", "ti_ny", ("Value given: ti_ny.",)),
        ("--team", "../tiny", ("Value given: ../tiny.",)),
        ("--team", "", ("Value given: empty text.",)),
        ("--env", "d", ("2 to 10 characters",)),
        ("--env", "development", ("2 to 10 characters",)),
        ("--blueprint", "tabular-bach", ("Value given: tabular-bach.", "did you mean `tabular-batch`?")),
        ("--region", "eu-west-9", ("Value given: eu-west-9.", "did you mean `eu-west-")),
        ("--code", "../elsewhere", ("Value given: ../elsewhere.", "below the project's root")),
        ("--security", "lax", ("Value given: lax.", "regulated", "sandbox", "standard")),
        ("--owner", "nobody", ("Value given: nobody.", "e-mail")),
    ],
)
def test_new_refuses_what_aws_or_pulumi_would_refuse(project: Project, option: str, value: str, says: tuple[str, ...]):
    before = project.stack_files()
    told = project.run(*NEW, option, value, code=exit_codes.CONFIGURATION)
    assert told.startswith("error: This value is not allowed.\n")
    for words in (option, *says):
        assert words in told, told
    assert project.stack_files() == before


def test_new_never_overwrites(project: Project):
    before = project.stack_files()
    same = tuple(word if word != "qa" else "dev" for word in NEW)
    project.refused(*same, code=exit_codes.CONFIGURATION, says=("stacks/Pulumi.tiny-dev.yaml", "was not touched"))
    assert project.stack_files() == before


def test_an_unknown_stack_is_told_with_the_known_ones(project: Project):
    for command in ("preview", "up"):
        says = ("There is no stacks/Pulumi.tiny-dve.yaml.", "did you mean `tiny-dev`?")
        project.refused(command, "tiny-dve", code=exit_codes.STACK_NOT_FOUND, says=says)
    for words in (("destroy", "--yes"), ("outputs",), ("run",), ("refresh", "--yes"), ("data", "ls")):
        given = (words[0], "tiny-dve", *words[1:]) if words[0] != "data" else (*words, "tiny-dve")
        project.refused(*given, code=exit_codes.STACK_NOT_FOUND, says=("`tiny-dve` is not deployed",))
    assert project.cloud.find() is None, "nothing was started for a stack that does not exist"


def test_wrong_use_says_how_it_is_used(project: Project):
    misuse = exit_codes.CONFIGURATION
    project.refused("prevew", code=misuse, says=("No such command 'prevew'", "did you mean `mlops-iac preview`?"))
    project.refused("up", code=misuse, says=("Missing argument", "mlops-iac up --help"))
    project.refused(
        "preview", "tiny-dev", "--cloud", "gcp", code=misuse, says=("'gcp' is not one of 'embedded', 'aws'",)
    )
    project.refused("blueprint", "show", "nope", code=misuse, says=("There is no blueprint `nope`", "tabular-batch"))
    assert "Usage: mlops-iac data" in project.run("data", code=misuse)


def test_outside_a_project_every_command_says_so(project: Project, tmp_path: Path):
    for words in (("preview", "tiny-dev"), ("up", "tiny-dev"), ("cloud", "status"), ("graph", "tiny-dev"), NEW):
        says = (f"There is no Pulumi.yaml in {tmp_path}", "--cwd FOLDER")
        project.refused(*words, code=exit_codes.CONFIGURATION, says=says, cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


# The stack file ------------------------------------------------------------------------------------------------------

GOOD = """config:
  aws:region: eu-west-1
  mlops-iac:team: tiny
  mlops-iac:environment: bad
  mlops-iac:blueprint: tabular-batch
  mlops-iac:code: examples/tiny
  mlops-iac:options:
    gate: {metric: auc, at_least: 0.9}
"""
BOMB = "a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nconfig: *c\n"


def changed(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new).encode()


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 0, ("The stack file is empty.", "mlops-iac new")),
        (b"# nothing\n", 0, ("The stack file is empty.",)),
        (GOOD.encode() + b"#" * 300_000, 0, ("The stack file is too large.", "256 KiB")),
        (b"\x00\x01\x02config", 1, ("control character U+0000",)),
        (b"\x7fELF\xf1\xf2", 1, ("not UTF-8",)),
        (changed("tiny\n  mlops-iac:env", "caf\u00e9\n  mlops-iac:env").decode().encode("latin-1"), 3, ("0xe9",)),
        (changed("examples/tiny", '!!python/object/apply:os.system ["touch pwned"]'), 6, ("YAML tags", "os.system")),
        (changed("  mlops-iac:env", "  mlops-iac:team: other\n  mlops-iac:env"), 4, ("twice", "already on line 3")),
        (BOMB.encode(), 1, ("anchors and aliases", "`&a`")),
        (b"config: " + b"[" * 5000 + b"]" * 5000, 1, ("nested too deep", "20 deep")),
        (changed("config:", "config: ["), 3, ("not valid YAML",)),
        (changed("  mlops-iac:team", "\tmlops-iac:team"), 3, ("not valid YAML", "a tab in the indentation")),
        (changed("tabular-batch", "tabular-bach"), 5, ("Unknown blueprint.", "did you mean `tabular-batch`?")),
        (changed("eu-west-1", "eu-west-9"), 2, ("There is no such region.", "Value given: eu-west-9", "did you mean")),
        (changed("team: tiny", "team: Tiny"), 3, ("Value given: Tiny.", "2 to 16 characters")),
        (changed("environment: bad", "environment: b"), 4, ("Value given: b.", "2 to 10 characters")),
        (changed("examples/tiny", "../../etc"), 6, ("Value given: ../../etc.", "below the project's root")),
        (changed("examples/tiny", "examples/gone"), 6, ("The code folder is missing.", "`examples/gone`")),
        (changed("at_least: 0.9", "at_least: high"), 8, ("This must be a number.", "Value given: high.")),
        (changed("gate: {", "serving: {flavour: kserve}\n    gate: {"), 8, ("Values allowed: serverless, realtime.",)),
        (changed("gate: {", "retention_days: soon\n    gate: {"), 8, ("Value given: soon.", "1 to 3650")),
        (changed("gate: {", "gaet: {"), 8, ("This key is not known here.", "did you mean `gate`?")),
        (changed("gate: {", "framework: {name: sklearn, version: '9'}\n    gate: {"), 8, ("no version `9`", "1.4-2")),
    ],
)
def test_a_wrong_stack_file_is_told_with_its_line(project: Project, content: bytes, line: int, says: tuple[str, ...]):
    file = project.folder / "stacks/Pulumi.tiny-bad.yaml"
    file.write_bytes(content)
    try:
        told = project.run("preview", "tiny-bad", code=exit_codes.CONFIGURATION)
    finally:
        file.unlink()
    place = f"stacks/Pulumi.tiny-bad.yaml:{line}" if line else "stacks/Pulumi.tiny-bad.yaml\n"
    for words in (place, *says):
        assert words in told, told
    assert not (project.folder / "pwned").exists()
    assert project.cloud.find() is None


def test_all_problems_of_a_stack_file_are_told_at_once_and_as_json(project: Project):
    file = project.folder / "stacks/Pulumi.tiny-bad.yaml"
    file.write_bytes(changed("at_least: 0.9", "at_least: high").replace(b"team: tiny", b"team: Tiny"))
    done = subprocess.run([*CLI, "up", "tiny-bad", "--yes", "--json"], cwd=project.folder, env=environment(),
                          capture_output=True, text=True, check=False)  # fmt: skip
    file.unlink()
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exitCode"]) == (exit_codes.CONFIGURATION, exit_codes.CONFIGURATION)
    assert [(one["line"], one["path"]) for one in error["problems"]] == [(3, "team"), (8, "options.gate.at_least")]
    assert "Traceback" not in done.stderr


# Data, runs and predictions ------------------------------------------------------------------------------------------


def test_predict_before_any_model_says_what_to_run(deployed: Project):
    says = ("no model yet", "mlops-iac run tiny-dev training --follow")
    deployed.refused("predict", "tiny-dev", "--data", "rows.json", code=exit_codes.ERROR, says=says)


def test_nothing_is_done_when_nobody_can_be_asked(deployed: Project):
    before, bucket = deployed.state("tiny-dev"), deployed.run("outputs", "tiny-dev", "data.bucket")
    for words in (("cloud", "reset"), ("destroy", "tiny-dev")):
        deployed.refused(*words, code=exit_codes.CONFIGURATION, says=("Nobody to ask.", "--yes"))
    assert deployed.state("tiny-dev") == before
    assert "numbers.csv" in deployed.run("data", "ls", "tiny-dev", "raw/")
    assert deployed.run("outputs", "tiny-dev", "data.bucket") == bucket


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
        (("outputs", "tiny-dev", "dat"), 2, ("did you mean `data`?",)),
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
        (b"data: &a raw/\nx: *a\n", ("wrong.yaml:2", "aliases")),
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
        ("%%%%\n", ("Invalid requirement: '%%%%' (from line 1", "correct the line that pip names")),
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
    assert re.search(r"^  train +failed .* RuntimeError: column 7 is missing$", told, re.MULTILINE), told
    assert told.count("ErrorMessage") == 1, "the reason is told once"
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


# Two at once, and in the middle ---------------------------------------------------------------------------------------


def test_a_second_up_is_refused_and_ctrl_c_keeps_a_true_state(deployed: Project):
    deployed.run(*NEW)
    first = deployed.start("up", "tiny-qa", "--yes")
    state = deployed.folder / ".mlops-iac/state/.pulumi"
    wait_until(lambda: any((state / "locks").rglob("tiny-qa/*.json")))
    told = deployed.refused("up", "tiny-qa", "--yes", code=exit_codes.ERROR, says=("The stack is locked.", "since 20"))
    assert f"process {first.pid} of " in told
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert first.returncode == exit_codes.CANCELLED, out + err
    assert "recorded" in err

    assert not any((state / "locks").rglob("tiny-qa/*.json"))
    deployment = deployed.state("tiny-qa")
    assert not deployment.get("pending_operations")
    made = {one["urn"] for one in deployment.get("resources") or () if one.get("custom")}
    continued = json.loads(deployed.run("up", "tiny-qa", "--yes", "--json"))["changeSummary"]
    assert continued["create"] > 0
    assert set(continued) <= {"create", "same"}, "what was made is neither changed nor made again"
    assert made <= {one["urn"] for one in deployed.state("tiny-qa")["resources"]}
    deployed.run("preview", "tiny-qa", "--expect-no-changes")
    deployed.run("destroy", "tiny-qa", "--yes")
    (deployed.folder / "stacks/Pulumi.tiny-qa.yaml").unlink()
    deployed.run("preview", "tiny-dev", "--expect-no-changes")


def wait_until(is_done: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_ctrl_c_before_anything_began_is_cancelled_too(project: Project):
    for wait in (0.15, 0.4):
        command = project.start("preview", "tiny-dev")
        time.sleep(wait)
        command.send_signal(signal.SIGINT)
        _, err = command.communicate(timeout=30)
        assert command.returncode in (exit_codes.CANCELLED, -signal.SIGINT, exit_codes.OK), err
        assert "cli/main.py" not in err or command.returncode == -signal.SIGINT


# Ports ----------------------------------------------------------------------------------------------------------------


def test_a_foreign_server_on_the_recorded_port_is_left_alone(serving: Project):
    serving.run("cloud", "stop")
    home = serving.folder / ".mlops-iac/cloud"
    foreign = subprocess.Popen(
        [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=serving.folder / "data",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment({"PYTHONUNBUFFERED": "1"}),
    )  # fmt: skip
    try:
        assert foreign.stdout is not None
        taken = int(re.search(r"port (\d+)", foreign.stdout.readline())[1])  # type: ignore[index]
        (home / "port").write_text(str(taken))
        record = {"pid": foreign.pid, "endpoint": f"http://127.0.0.1:{taken}", "started": 1}
        (home / "cloud.json").write_text(json.dumps(record))
        assert json.loads(serving.run("cloud", "status", "--json"))["running"] is False
        started = json.loads(serving.run("cloud", "start", "--json"))
        assert not started["endpoint"].endswith(f":{taken}")
        assert "numbers.csv" in serving.run("data", "ls", "tiny-dev", "raw/")
        assert foreign.poll() is None
    finally:
        foreign.terminate()
        foreign.wait()
        foreign.stdout.close() if foreign.stdout else None


def test_a_provider_on_a_port_in_use_says_so(deployed: Project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = deployed.run("cloud", "provider", "--port", str(port), code=exit_codes.CONFIGURATION)
    assert f"127.0.0.1:{port}" in told
    assert "hint: leave --port out" in told


def test_nonsense_in_the_clouds_own_files_is_survived(serving: Project):
    serving.run("cloud", "stop")
    home = serving.folder / ".mlops-iac/cloud"
    (home / "cloud.json").write_text("{{{")
    (home / "port").write_text("99999999")
    assert "numbers.csv" in serving.run("data", "ls", "tiny-dev", "raw/")
    assert "5" in serving.run("predict", "tiny-dev", "--data", "rows.json")


# Disks ----------------------------------------------------------------------------------------------------------------


def can_mount() -> bool:
    """Whether a private mount namespace may be made here, for disks that are too small."""
    if shutil.which("unshare") is None:
        return False
    line = "mount -t tmpfs -o size=1m tmpfs /mnt"
    return subprocess.run(["unshare", "-rm", "sh", "-c", line], capture_output=True, check=False).returncode == 0


SMALL_DISK = r"""
set -u
mount -t tmpfs -o size=12m,mode=700 tmpfs "$DISK" && cd "$DISK" && cp -r "$PROJECT/." . || exit 99
say() { name=$1; shift; "$PYTHON" -m mlops_iac.cli.main "$@" > "$OUT/$name.out" 2> "$OUT/$name.err" < /dev/null
        echo $? > "$OUT/$name.code"; }
say up up tiny-dev --yes
sha256sum .mlops-iac/state/.pulumi/stacks/mlops-iac/tiny-dev.json > "$OUT/before"
dd if=/dev/zero of=filler bs=64k 2> /dev/null; dd if=/dev/zero of=filler2 bs=1 2> /dev/null
cp -r stacks "$OUT/stacks-before"
say full-new new --team tiny --env full --blueprint tabular-batch --code examples/tiny
say full-up up tiny-dev --yes
say full-put data put tiny-dev data raw/more/
say full-preview preview tiny-dev --expect-no-changes
say full-schema schema --write
say full-stop cloud stop
rm filler filler2
say roomy-stop cloud stop
dd if=/dev/zero of=filler bs=64k 2> /dev/null; dd if=/dev/zero of=filler2 bs=1 2> /dev/null
say full-start cloud start
rm filler filler2
mount -o remount,ro "$DISK"
say ro-new new --team tiny --env full --blueprint tabular-batch --code examples/tiny
say ro-up up tiny-dev --yes
say ro-start cloud start
say ro-ls data ls tiny-dev
say ro-destroy destroy tiny-dev --yes
say ro-reset cloud reset --yes
say ro-preview preview tiny-dev --expect-no-changes
mount -o remount,rw "$DISK"
cp -r stacks "$OUT/stacks-after"
sha256sum -c "$OUT/before" > "$OUT/checked"; echo $? > "$OUT/checked.code"
say after-ls data ls tiny-dev
say after-up preview tiny-dev --expect-no-changes
say after-stop cloud stop
"""

PLACE = "The embedded cloud has no place for its state."
WRITTEN = "The stack file cannot be written."
FULL, READ_ONLY = "No space left on device", "Read-only file system"

ON_SMALL_DISKS = {
    "up": (0, ()),
    "full-new": (1, (WRITTEN, FULL, "Nothing was changed.", "hint: ")),
    "full-up": (1, ("The state cannot be saved.", FULL, "What was saved before is kept.", "hint: make room")),
    "full-put": (4, ("InsufficientStorage", FULL, "hint: make room")),
    "full-preview": (0, ()),
    "full-schema": (1, ("The schema cannot be written.", FULL, "hint: ")),
    "full-stop": (4, ("cannot save its state", "It goes on running, so that nothing is lost.", "hint: make room")),
    "roomy-stop": (0, ()),
    "full-start": (4, (PLACE, FULL, "hint: free some space")),
    "ro-new": (1, (WRITTEN, READ_ONLY, "hint: ")),
    "ro-up": (1, ("The state cannot be saved.", READ_ONLY, "hint: make room")),
    "ro-start": (4, (PLACE, READ_ONLY, "hint: ")),
    "ro-ls": (4, (PLACE, READ_ONLY)),
    "ro-destroy": (4, (PLACE, READ_ONLY)),
    "ro-reset": (4, (PLACE, READ_ONLY)),
    "ro-preview": (0, ()),
    "after-ls": (0, ()),
    "after-up": (0, ()),
    "after-stop": (0, ()),
}


@pytest.fixture(scope="module")
def small_disk(serving: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that SMALL_DISK did, on a disk of a few MiB that exists for its own processes only."""
    if not can_mount():
        pytest.skip("this machine allows no mount namespace, so there is no disk to fill")
    out, disk = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("disk")
    serving.run("cloud", "stop")  # its whole state is in files now
    told = {"DISK": str(disk), "PROJECT": str(serving.folder), "OUT": str(out), "PYTHON": sys.executable}
    done = subprocess.run(["unshare", "-rm", "bash", "-c", SMALL_DISK], env=environment(told), capture_output=True,
                          text=True, timeout=240, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.parametrize("case", ON_SMALL_DISKS)
def test_a_full_or_read_only_disk(small_disk: Path, case: str):
    code, says = ON_SMALL_DISKS[case]
    told = (small_disk / f"{case}.err").read_text()
    assert (small_disk / f"{case}.code").read_text().strip() == str(code), told
    assert "Traceback" not in told
    for words in says:
        assert words in told, told


def test_after_the_full_disk_everything_is_as_it_was(small_disk: Path):
    assert (small_disk / "checked.code").read_text().strip() == "0", "the state file was touched"
    before, after = (
        {f.name: f.read_bytes() for f in (small_disk / n).iterdir()} for n in ("stacks-before", "stacks-after")
    )
    assert before == after
    listed = (small_disk / "after-ls.out").read_text()
    assert "raw/numbers.csv" in listed
    assert "raw/more/" not in listed, "what was refused was not done"
