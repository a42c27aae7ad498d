"""``up --all`` and ``drift --all``: each environment its outcome, and one exit code; and the one that is selected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.backends.recording import RecordingBackend
from mlops_iac.cli.everywhere import worst
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import StateError
from mlops_iac.engine.event import Result

Capture = pytest.CaptureFixture[str]

SAME = Result(steps=(), changes={"same": 3}, outputs={}, seconds=1.0)
CHANGED = Result(steps=(), changes={"create": 2, "same": 1}, outputs={}, seconds=1.0)
LOCKED = Result(steps=(), changes={}, outputs={}, seconds=1.0, outcome="failed", error=StateError("It is locked."))


@pytest.fixture
def fleet(project: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, RecordingBackend]:
    """A project with three stack files, each with a backend of its own that answers what a test gives it."""
    monkeypatch.chdir(project)
    first = project / "stacks/Pulumi.screening-dev.yaml"
    for environment in ("prod", "qa"):
        text = first.read_text().replace("environment: dev", f"environment: {environment}")
        (project / f"stacks/Pulumi.screening-{environment}.yaml").write_text(text)
    backends = {
        stack: RecordingBackend(root=project, stack=stack)
        for stack in ("screening-dev", "screening-prod", "screening-qa")
    }
    monkeypatch.setattr("mlops_iac.backends.backend_for", lambda root, stack, cloud: backends[stack])
    return backends


def test_all_are_brought_up_in_order_and_a_failure_keeps_none_back(fleet: dict, capsys: Capture):
    fleet["screening-dev"].results = {"up": CHANGED}
    fleet["screening-prod"].results = {"up": LOCKED}
    assert run_command(["up", "--all", "--yes", "--message", "new base"]) == exit_codes.ERROR
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["stack", *fleet]
    assert out.splitlines()[1].split() == ["screening-dev", "2", "1", "succeeded"]
    assert "failed" in out.splitlines()[2]
    assert "It is locked." in err
    assert [backend.options[-1].message for backend in fleet.values()] == ["new base"] * 3


def test_as_json_it_is_one_object(fleet: dict, capsys: Capture):
    fleet["screening-qa"].results = {"up": CHANGED}
    assert run_command(["up", "--all", "--yes", "--json"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert err == ""
    told = json.loads(out)["stacks"]
    assert {name: one["result"] for name, one in told.items()} == dict.fromkeys(fleet, "succeeded")


def test_all_need_a_yes(fleet: dict, capsys: Capture):
    assert run_command(["up", "--all"]) == exit_codes.CONFIGURATION
    assert "screening-dev, screening-prod, screening-qa" in capsys.readouterr().err
    assert not any(backend.asked for backend in fleet.values())


def test_changes_where_none_were_expected_are_7_and_an_error_is_more(fleet: dict):
    fleet["screening-dev"].results = {"up": CHANGED}
    assert run_command(["up", "--all", "--yes", "--expect-no-changes"]) == exit_codes.CHANGES
    fleet["screening-qa"].results = {"up": LOCKED}
    assert run_command(["up", "--all", "--yes", "--expect-no-changes"]) == exit_codes.ERROR


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 0], 0), ([0, 7], 7), ([7, 1], 1), ([1, 6, 7], 6), ([7, 255], 255)]
)
def test_the_worst_code_is_an_error_before_a_change(codes: list[int], code: int):
    assert worst(codes) == code


@pytest.mark.parametrize(
    "command",
    [
        ["up", "screening-dev", "--all", "--yes"],
        ["up", "--all", "--target", "lake-bucket", "--yes"],
        ["up", "--all", "--plan", "plan.json", "--yes"],
        ["drift", "screening-dev", "--all"],
        ["drift", "--all", "--exclude", "lake-bucket"],
    ],
)
def test_what_is_about_one_is_refused_for_all(command: list[str], fleet: dict, capsys: Capture):
    assert run_command(command) == exit_codes.CONFIGURATION
    assert "Two choices that exclude each other." in capsys.readouterr().err
    assert not any(backend.asked for backend in fleet.values())


def test_the_selected_one_is_taken_where_none_is_named(fleet: dict, capsys: Capture):
    assert run_command(["stack", "select", "screening-qa"]) == exit_codes.OK
    capsys.readouterr()
    assert run_command(["stack", "select", "--json"]) == exit_codes.OK
    assert json.loads(capsys.readouterr().out) == {"stack": "screening-qa"}
    for command in (["up", "--yes"], ["refresh", "--yes"], ["preview"], ["drift"]):
        assert run_command(command) == exit_codes.OK
    assert [verb for verb in fleet["screening-qa"].asked if verb != "outputs"] == [
        "up", "refresh", "preview", "refresh-preview",
    ]  # fmt: skip
    assert not fleet["screening-dev"].asked


@pytest.mark.parametrize(
    "command",
    [
        ["destroy", "--yes"],
        ["stack", "rm", "--yes"],
        ["state", "delete", "lake-bucket", "--yes"],
        ["data", "rm", "raw/"],
        ["stack", "import", "--yes"],
    ],
)
def test_what_ends_or_replaces_something_never_takes_it(command: list[str], fleet: dict):
    assert run_command(["stack", "select", "screening-qa"]) == exit_codes.OK
    assert run_command(command) != exit_codes.OK
    assert not any(backend.asked for backend in fleet.values())


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../etc/passwd", b"no stack at all"])
def test_a_damaged_choice_is_none(content: bytes, fleet: dict, project: Path, capsys: Capture):
    file = project / ".mlops-iac/selected"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    assert run_command(["cost"]) == exit_codes.CONFIGURATION
    assert "No environment is named." in capsys.readouterr().err


def test_none_is_selected_any_more_and_one_that_is_not_there_never(fleet: dict, capsys: Capture):
    assert run_command(["stack", "select", "screening-dve"]) == exit_codes.STACK_NOT_FOUND
    assert "did you mean `screening-dev`?" in capsys.readouterr().err
    assert run_command(["stack", "select", "screening-dev", "--clear"]) == exit_codes.CONFIGURATION
    assert run_command(["stack", "select", "screening-dev"]) == exit_codes.OK
    assert run_command(["stack", "select", "--clear"]) == exit_codes.OK
    assert run_command(["up", "--yes"]) == exit_codes.CONFIGURATION
