"""A law of the commands that work on many environments at once: an option is honoured there, or refused, and never
passed over. A new option is found by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.everything import Previewed
from mlops_iac.backends.recording import RecordingBackend
from mlops_iac.cli import waiting
from mlops_iac.cli.commands import load_command
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import StateError
from mlops_iac.engine.event import Result
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.review.review import Review

STACKS = ("screening-dev", "screening-prod")

MANY = {"up": ["--all", "--yes"], "preview": ["--all"], "drift": ["--all"], "destroy": ["--expired", "--yes"]}
"""The commands, and how each is told to take many."""

REFUSED = {
    "up": {"target", "target_dependents", "exclude", "replace", "plan", "event_log"},
    "preview": {
        "target", "target_dependents", "exclude", "replace", "refresh", "save_plan", "parallel", "full", "diff",
        "event_log", "cloud",
    },
    "drift": {"target", "exclude"},
    "destroy": {"target", "target_dependents", "exclude", "plan", "save_plan", "event_log"},
}  # fmt: skip
"""What is about the resources of one. All else is honoured."""

VALUES = {
    "target": ["lake-bucket"], "exclude": ["lake-bucket"], "replace": ["lake-bucket"], "plan": ["plan.json"],
    "save_plan": ["plan.json"], "event_log": ["events.jsonl"], "wait": ["1"], "parallel": ["3"], "message": ["why"],
    "cloud": ["aws"], "format": ["markdown"], "changed_since": ["main"], "comment": ["comment.md"],
    "comment_limit": ["3000"], "comment_link": ["https://ci.example.org/1"], "state": ["."],
}  # fmt: skip

BESIDE = {
    ("preview", "comment_limit"): ["--comment", "-"], ("preview", "comment_link"): ["--comment", "-"],
    ("up", "target_dependents"): ["--target", "a"], ("preview", "target_dependents"): ["--target", "a"],
    ("destroy", "target_dependents"): ["--target", "a"], ("up", "expect_no_changes"): ["--wait", "1"],
}  # fmt: skip
"""What an option needs beside it to have a meaning."""

CHANGED = Result(steps=(), changes={"create": 1}, outputs={}, seconds=1.0)
HELD = Result(
    steps=(), changes={}, outputs={}, seconds=1.0, outcome="failed", error=StateError(waiting.HELD, "by somebody")
)


@dataclass
class Seen:
    """All that can be seen of a command from outside."""

    code: int = 0
    out: str = ""
    err: str = ""
    calls: list[Any] = field(default_factory=list)


class Busy(RecordingBackend):
    """Held by somebody else at the first try."""

    def up(self, **given: Any) -> Result:
        self.results = {"up": HELD if "up" not in self.asked else CHANGED}
        return super().up(**given)


class World:
    def __init__(self, root: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys, self.calls = root, capsys, list[Any]()
        self.backends: list[RecordingBackend] = []
        patch.chdir(root)
        patch.setattr(waiting, "PAUSE", 0.0)
        patch.setattr("mlops_iac.backends.backend_for", self.open)
        patch.setattr(FileStore, "stacks", lambda store: list(STACKS))
        patch.setattr("mlops_iac.cli.destroy_expired.find_expired", self.find_expired)
        patch.setattr("mlops_iac.cli.operations.is_live", lambda stream: self.calls.append("live") or False)
        patch.setattr("mlops_iac.backends.everything.preview_stacks", self.preview)
        patch.setattr("mlops_iac.cli.preview_all.write_comment", self.comment)
        patch.setattr("mlops_iac.program.touched.untouched", lambda root, stacks, since: {stacks[0]: f"since {since}"})
        patch.setattr("mlops_iac.program.touched.deleted_stacks", lambda root, since: [])

    def open(self, root: Path, stack: str, cloud: str) -> RecordingBackend:
        self.calls.append(cloud)
        self.backends.append(Busy(root=root, stack=stack))
        return self.backends[-1]

    def find_expired(self, root: Path, cloud: Any) -> list[str]:
        return list(STACKS)

    def preview(self, root: Path, stacks: Any, render: Any, *, exports: Path | None = None) -> Iterator[Previewed]:
        self.calls.append(exports)
        body = {"review": Review(stack="a"), "json": {}}
        return iter([Previewed(stack=stack, seconds=0.0, changes={"create": 1}, body=body) for stack in stacks])

    def comment(self, reviews: Any, to: Any, **told: Any) -> None:
        self.calls.append(("comment", to))

    def see(self, arguments: list[str]) -> Seen:
        self.backends, self.calls = [], []
        code = run_command(arguments)
        out, err = self.capsys.readouterr()
        asked = [(one.stack, one.asked, one.options) for one in self.backends]
        return Seen(code, out, err, [*self.calls, *asked])


@pytest.fixture
def world(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:
    first = project / "stacks/Pulumi.screening-dev.yaml"
    text = first.read_text().replace("environment: dev", "environment: prod")
    (project / "stacks/Pulumi.screening-prod.yaml").write_text(text)
    return World(project, monkeypatch, capsys)


@cache
def options_of(command: str) -> dict[str, str]:
    """Option to its longest flag; what says that many are meant is none."""
    found = {one.name: max(one.opts, key=len) for one in load_command(command).params if one.opts[0].startswith("-")}
    return {name: flag for name, flag in found.items() if name not in ("all", "expired", "help")}


CASES = [(command, name) for command in MANY for name in options_of(command)]


@pytest.mark.parametrize(("command", "name"), CASES, ids=[f"{command} {name}" for command, name in CASES])
def test_an_option_is_honoured_or_refused_when_many_are_meant(command: str, name: str, world: World) -> None:
    flag, many = options_of(command)[name], MANY[command]
    beside = [*many, *BESIDE.get((command, name), ())]
    if name == "yes":
        assert world.see([command, *(word for word in many if word != "--yes")]).code == exit_codes.CONFIGURATION
        return
    seen = world.see([command, *beside, flag, *VALUES.get(name, ())])
    if name in REFUSED[command]:
        assert seen.code == exit_codes.CONFIGURATION
        assert "Two choices that exclude each other." in seen.err
        assert not seen.calls
    else:
        assert "error: Two choices" not in seen.err
        assert seen != world.see([command, *beside]), f"{flag} changes nothing: honour it, or refuse it"


@pytest.mark.parametrize("command", MANY)
def test_what_is_refused_is_an_option(command: str) -> None:
    assert set(options_of(command)) >= REFUSED[command]
