"""All that is shown goes one way, and that way is escaped: `console.write`, and the views that redraw."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import console
from mlops_iac.cli.main import run_command
from tests.render.test_escape import STEERS

PACKAGE = Path(__file__).parents[2] / "mlops_iac"
HOSTILE = "name\x1b[2J\x1b]0;owned\x07\x9b31m\u202ereversed\r"
WRITERS = {
    "cli/console.py": 2,  # `write`, the way; `show_bytes`, to what is no terminal
    "cli/status.py": 1,  # clears the screen of `--watch`; what is shown then goes the way
    "cli/run_view.py": 1,  # redraws a line, and escapes what stands in it
    "render/progress.py": 1,  # the plain view's
    "render/event_log.py": 1,  # a file of JSON that a person named
}
"""Calls of a stream's ``write`` or of ``print``, by file. A new one has to go the way, or to say here why not."""


def test_nothing_is_written_past_the_way() -> None:
    found: dict[str, int] = {}
    for room in ("cli", "render"):
        for file in sorted((PACKAGE / room).rglob("*.py")):
            calls = [node.func for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
            count = sum(
                (isinstance(call, ast.Name) and call.id == "print")
                or (isinstance(call, ast.Attribute) and call.attr in ("write", "writelines") and _is_stream(call.value))
                for call in calls
            )
            if count:
                found[file.relative_to(PACKAGE).as_posix()] = count
    assert found == WRITERS


def _is_stream(value: ast.expr) -> bool:
    return "console" not in ast.unparse(value).split(".")[0]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_bytes_on_a_terminal_are_escaped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stdout", stream)
    console.show_bytes(b"\x89PNG\x1b[2J\x07")
    assert "PNG" in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_said_and_shown_is_escaped(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = {name: Terminal() if terminal else io.StringIO() for name in ("stdout", "stderr")}
    for name, stream in streams.items():
        monkeypatch.setattr(f"sys.{name}", stream)
    console.show(HOSTILE)
    console.say(HOSTILE)
    console.show_json({HOSTILE: HOSTILE})
    for stream in streams.values():
        assert not STEERS.search(stream.getvalue())
        assert "owned" in stream.getvalue()


@pytest.mark.parametrize("words", ["state list", "state show", "stack ls", "cloud status", "stack export"])
def test_no_command_prints_a_control_character_that_came_from_data(
    words: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A state and a cloud of somebody else's: names, ids and answers as hostile as JSON lets them be."""
    monkeypatch.chdir(project)
    urn = f"urn:pulumi:screening-dev::mlops-iac::pulumi:pulumi:Stack::{HOSTILE}"
    resource = {"urn": urn, "type": "pulumi:pulumi:Stack", "custom": False, "outputs": {HOSTILE: HOSTILE}}
    checkpoint = {"stack": "organization/mlops-iac/screening-dev", "latest": {"resources": [resource]}}
    folder = project / ".mlops-iac/state/.pulumi/stacks/mlops-iac"
    folder.mkdir(parents=True)
    (folder / "screening-dev.json").write_text(json.dumps({"version": 3, "checkpoint": checkpoint}))
    foreign: dict[str, Any] = {"running": True, "home": HOSTILE, HOSTILE: {"jobs": HOSTILE}}
    monkeypatch.setattr("mlops_iac.cloud.process.EmbeddedCloud.status", lambda _: foreign)
    arguments = {"state show": ["screening-dev", urn], "stack ls": [], "cloud status": []}
    for flags in ([], ["--json"]):
        run_command([*words.split(), *arguments.get(words, ["screening-dev"]), *flags])
        out, err = capsys.readouterr()
        assert not STEERS.search(out + err)
        assert "owned" in out or words == "stack ls"
