"""`cost` of tabular-batch: shown again, and after a change of each kind. CPU time, the least of several runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.measure import show
from tests.benchmarks.project import STACK, project

RUNS = 5
STACK_FILE = f"stacks/Pulumi.{STACK}.yaml"
OPTIONS = "  mlops-iac:options:\n"


def main() -> None:
    with project() as at:
        at.measure("cost", STACK)
        show("nothing changed", _least(at.folder, at.measure, lambda number: None), "s", "must be at most 0.5")
        for what, change in CHANGES.items():
            show(what, _least(at.folder, at.measure, lambda number, change=change: change(at.folder, number)), "s")


def _least(folder: Path, measure: Callable[..., object], change: Callable[[int], None]) -> float:
    found = []
    for number in range(RUNS):
        change(number)
        found.append(measure("cost", STACK).cpu)  # type: ignore[attr-defined]
    return min(found)


def _comment(folder: Path, number: int) -> None:
    file = folder / STACK_FILE
    file.write_text(f"{file.read_text()}# {number}\n")


def _script(folder: Path, number: int) -> None:
    file = folder / "examples/screening/train.py"
    file.write_text(f"{file.read_text()}# {number}\n")


def _usage(folder: Path, number: int) -> None:
    _replace_line(folder, "  mlops-iac:usage:", f"  mlops-iac:usage: {{runs: {100 + number}}}\n")


def _option(folder: Path, number: int) -> None:
    _replace_line(folder, "    monthly_budget_usd:", f"    monthly_budget_usd: {200 + number}\n", below=True)


def _replace_line(folder: Path, key: str, line: str, *, below: bool = False) -> None:
    """Above `options:`, or as the first of them."""
    file = folder / STACK_FILE
    lines = [one for one in file.read_text().splitlines(keepends=True) if not one.startswith(key)]
    lines.insert(lines.index(OPTIONS) + below, line)
    file.write_text("".join(lines))


CHANGES = {
    "a comment in the stack file": _comment,
    "a line of a script": _script,
    "the use that is assumed": _usage,
    "an option, which runs the program": _option,
}


if __name__ == "__main__":
    main()
