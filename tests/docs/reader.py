"""A reader who types what a page says, in a project of their own, and compares what comes with what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import Action, Command, Edit, Script, read_actions

PROGRAMS = {"mlops-iac": ["-m", "mlops_iac.cli.main"], "python": []}
"""What a page may call, and how this interpreter does it."""

NEARLY = 0.01
"""Measured numbers, which are those with three decimals or more, may differ by this."""

# What no two runs have in common, and what is put in its place before comparing.
VOLATILE = (
    (re.compile(r"\b\d{6}-\d{6}-[0-9a-f]{4}\b"), "<run>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<code>"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "<moment>"),
    (re.compile(r"(?:\b\d+ min )?\b\d+(?:\.\d)? s\b"), "<time>"),
    (re.compile(r"\b\d+(?:\.\d)? (?:B|KiB|MiB)(?!\w)"), "<size>"),
    (re.compile(r"\b127\.0\.0\.1:\d+\b"), "127.0.0.1:<port>"),
    (re.compile(r"[ \t]+"), " "),
)
NUMBER = re.compile(r"\b\d+\.\d{3,}\b")


class Reader:
    """Goes on where it stopped, so that tests can look around between two commands of a page."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page, self.folder = page, folder
        self._actions = read_actions(page)
        self._code = 0

    def until(self, line: str) -> str:
        """Do what the page says next, up to this command; what it printed. LookupError when it does not come."""
        for action in self._actions:
            out = self._act(action)
            if isinstance(action, Command) and action.line == line:
                return out
        raise LookupError(f"{self.page.name} has no `$ {line}` from here on")

    def to_the_end(self) -> None:
        for action in self._actions:
            self._act(action)

    def _act(self, action: Action) -> str:
        if isinstance(action, Edit):
            action.apply(self.folder)
            return ""
        if isinstance(action, Script):
            action.save(self.folder)
            return ""
        out = self._run(action)
        compare(action, out, f"{self.page.name}, `{action.line}`")
        return out

    def _run(self, command: Command) -> str:
        if command.line == "echo $?":
            return f"{self._code}\n"
        program, *arguments = command.words
        assert program in PROGRAMS, f"{self.page.name}: only {', '.join(PROGRAMS)} can be run, not `{command.line}`"
        done = subprocess.run(
            [sys.executable, *PROGRAMS[program], *arguments],
            cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
        )  # fmt: skip
        self._code = done.returncode
        assert (done.returncode != 0) == command.fails, f"`{command.line}` ended with {done.returncode}\n{done.stdout}"
        return done.stdout


def environment() -> dict[str, str]:
    """Without the settings of the person who runs the tests; output in the order in which it was written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def compare(command: Command, out: str, where: str) -> None:
    """Fail unless what came is what the page shows, `…` standing for anything."""
    if not command.shown:
        return
    shown, came = settle(command.shown), settle(out)
    match = re.fullmatch(pattern_of(shown), came)
    assert match, f"{where} shows\n{command.shown}\nbut this came:\n{out}"
    for told, measured in zip(NUMBER.findall(shown), match.groups(), strict=True):
        assert abs(float(told) - float(measured)) <= NEARLY, f"{where} shows {told}, but {measured} came:\n{out}"


def settle(text: str) -> str:
    for volatile, name in VOLATILE:
        text = volatile.sub(name, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()) + "\n"


def pattern_of(shown: str) -> str:
    """Each line as it is; `…` alone is any number of lines, `…` in a line is any words, a number is any number."""
    lines = []
    for line in shown.splitlines():
        if line == "…":
            lines.append(r"(?:[^\n]*\n)*?")
            continue
        parts = [NUMBER.sub("\0", part) for part in line.split("…")]
        lines.append("[^\n]*".join(re.escape(part).replace("\0", r"(\d+\.\d{3,})") for part in parts) + "\n")
    return "".join(lines)
