"""`mlops-iac pipeline`: what a stack's pipelines are, without a cloud."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.pipelines.steps import STEP_KINDS
from tests.conftest import make_project

FILE = "examples/screening/pipelines/refresh.yaml"
TEXT = """
parameters:
  data: {type: prefix, default: raw/, description: Where the new files are.}
steps:
  clean:
    kind: processing
    script: validate.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
  look:
    kind: processing
    script: prepare.py
    after: [clean]
    inputs: {data: parameters.data}
    outputs: {data: {zone: features}}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_project(tmp_path / "project")
    (made / FILE).parent.mkdir()
    (made / FILE).write_text(TEXT)
    monkeypatch.chdir(made)
    return made


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = exit_codes.OK) -> str:
    assert run_command(["pipeline", *words]) == code
    captured = capsys.readouterr()
    return captured.out + captured.err


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    found: dict = json.loads(said(capsys, *words, "--json"))
    return found


def test_the_list_names_the_file_that_says_each(root, capsys):
    first, second = said(capsys, "list", "screening-dev").splitlines()
    assert first.endswith("evaluate → gate → register → deploy  (blueprint tabular-batch)")
    assert second == f"refresh   clean → look  ({FILE})"
    assert told(capsys, "list", "screening-dev")["pipelines"][1] == {
        "name": "refresh", "file": FILE, "steps": ["clean", "look"],
    }  # fmt: skip


def test_a_pipeline_is_shown_with_what_its_steps_read_and_make(root, capsys):
    out = said(capsys, "show", "screening-dev", "refresh")
    assert "  parameters.data = raw/  (prefix)  Where the new files are.\n" in out
    assert "    reads   inputs.data from parameters.data\n" in out
    assert "    makes   clean.data in curated/RUN/\n" in out
    assert "    waits   for clean\n" in out
    assert "    by      Native: createProcessingJob.sync.\n" in out
    (shown,) = told(capsys, "show", "screening-dev", "refresh")["pipelines"]
    assert shown["target"] == "step-functions"
    assert shown["steps"]["look"]["waits_for"] == ["clean"]
    assert len(told(capsys, "show", "screening-dev")["pipelines"]) == 2


def test_a_good_pipeline_is_said_to_be_good(root, capsys):
    assert "refresh is good for step-functions." in said(capsys, "check", "screening-dev")
    assert told(capsys, "check", "screening-dev", "refresh") == {
        "pipelines": [{"name": "refresh", "target": "step-functions"}]
    }


def test_a_mistake_of_the_file_is_told_with_its_line(root, capsys):
    (root / FILE).write_text(TEXT.replace("after: [clean]", "after: [clan]"))
    out = said(capsys, "check", "screening-dev", code=exit_codes.CONFIGURATION)
    assert f"{FILE}:13  look.after" in out
    assert "did you mean `clean`?" in out


def test_what_the_orchestrator_refuses_is_told_with_its_line(root, capsys):
    (root / FILE).write_text(TEXT.replace("{zone: features}", "{zone: featurs}"))
    out = said(capsys, "check", "screening-dev", code=exit_codes.CONFIGURATION)
    assert f"{FILE}:10  look" in out
    assert "did you mean `features`?" in out


def test_a_script_that_is_missing_is_told_with_its_line(root, capsys):
    (root / FILE).write_text(TEXT.replace("prepare.py", "prepar.py"))
    out = said(capsys, "check", "screening-dev", code=exit_codes.CONFIGURATION)
    assert f"{FILE}:12  steps.look.script" in out
    assert "Did you mean `prepare.py`?" in out


def test_an_unknown_pipeline_suggests_the_nearest(root, capsys):
    assert "did you mean `refresh`?" in said(capsys, "show", "screening-dev", "refrsh", code=exit_codes.CONFIGURATION)


@pytest.mark.parametrize(("format", "arrow"), [("mermaid", "s0 --> s1"), ("dot", '"clean" -> "look";')])
def test_it_is_drawn(root, capsys, format, arrow):
    assert arrow in said(capsys, "graph", "screening-dev", "refresh", "--format", format)
    assert told(capsys, "graph", "screening-dev", "refresh")["edges"] == [{"from": "clean", "to": "look"}]


def test_every_kind_is_listed_with_every_orchestrator(capsys):
    found = told(capsys, "kinds")["kinds"]
    assert [one["kind"] for one in found] == sorted(kind.kind for kind in STEP_KINDS)
    assert all([*one["targets"]] == [*TARGETS] for one in found)
    out = said(capsys, "kinds")
    assert all(f"\n{one['kind']}: {one['about']}\n" in f"\n{out}" for one in found)


def test_nothing_heavy_is_imported(root):
    code = (
        "import sys\nfrom mlops_iac.cli.main import run_command\n"
        "assert run_command(['pipeline', 'check', 'screening-dev']) == 0\n"
        "print(sorted({'pulumi', 'pulumi_aws', 'boto3', 'moto', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


CANARY = "    serving: {flavour: realtime, strategy: {kind: canary}}\n"
QUEUES = "    batch: {enabled: true}\n"
ON_A_QUEUE = TEXT.replace("script: validate.py", "script: validate.py\n    compute: batch")
SHIFTED = "extends: training\nsteps:\n  deploy: {strategy: {kind: canary}}\n"


@pytest.mark.parametrize(
    ("options", "text", "code"),
    [
        (CANARY, TEXT, exit_codes.OK),
        (CANARY, SHIFTED, exit_codes.OK),
        ("", SHIFTED, exit_codes.CONFIGURATION),
        (QUEUES, ON_A_QUEUE, exit_codes.OK),
        ("", ON_A_QUEUE, exit_codes.CONFIGURATION),
    ],
)
def test_check_says_what_a_preview_says_of_the_endpoint_and_the_queues(root, capsys, options, text, code):
    stack = root / "stacks/Pulumi.screening-dev.yaml"
    stack.write_text(stack.read_text().rstrip("\n") + f"\n{options}")
    (root / FILE).write_text(text)
    checked = said(capsys, "check", "screening-dev", code=code)
    assert run_command(["preview", "screening-dev"]) == code
    if code:
        assert checked in capsys.readouterr().err
