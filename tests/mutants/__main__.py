"""Plant faults and see which tests notice: ``python -m tests.mutants [--sample N] [module …]``."""

from __future__ import annotations

import argparse
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mutants.targets import TARGETS

CHECKOUT = Path(__file__).parents[2]
SEED = 7
SAMPLE = 5
"""Faults a module, unless the command says otherwise."""

NOT_PLANTED = ("ReplaceBinaryOperator_BitOr", "RemoveDecorator", "ExceptionReplacer")
"""Operators that mostly meet types (``str | None``) and dataclasses, where they change nothing that runs, or all; and
one that breaks on exceptions that are named with their module."""


FLAGS = "@dataclass("
"""Lines whose arguments guard against mistakes in code that is not there: no test can notice a frozen class thawed."""

Position = tuple[int, int]


class Fault(NamedTuple):
    """What one operator of cosmic-ray's does at one place."""

    operator: str
    occurrence: int


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="endings of modules in targets.py; all of them when left out")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"faults a module (default {SAMPLE})")
    asked = parser.parse_args(arguments)
    chosen = [m for m in TARGETS if not asked.modules or any(m.endswith(end) for end in asked.modules)]
    if not chosen:
        parser.error(f"no module of targets.py ends in {', '.join(asked.modules)}; there are: {', '.join(TARGETS)}")
    killed = planted = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = copy_checkout(Path(folder) / "copy")
        for module in chosen:
            noticed, tried = try_module(copy, module, asked.sample)
            killed, planted = killed + noticed, planted + tried
    print(f"\n{killed} of {planted} faults were noticed: {100 * killed / max(planted, 1):.0f} %")
    return 0


def copy_checkout(folder: Path) -> Path:
    """The tracked files, links kept, so that no fault is ever planted in the checkout itself."""
    tracked = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / name).exists():
            shutil.copy2(CHECKOUT / name, folder / name, follow_symlinks=False)
    return folder


def try_module(copy: Path, module: str, sample: int) -> tuple[int, int]:
    """How many of the planted faults were noticed, and how many were planted."""
    path = copy / module
    original = path.read_text()
    began = time.monotonic()
    if not passes(copy, TARGETS[module], limit=600):
        sys.exit(f"{module}: its tests fail without any fault; mend them first")
    limit = 10 + 3 * (time.monotonic() - began)
    found = find_faults(original)
    survived, planted = [], 0
    for position in random.Random(SEED).sample(sorted(found), min(sample, len(found))):
        code = plant(original, random.Random(SEED).choice(found[position]))
        path.write_text(code)
        planted += 1
        if passes(copy, TARGETS[module], limit):
            survived.append(code)
    path.write_text(original)
    print(f"{module}: {planted - len(survived)} of {planted} noticed ({len(found)} places)", flush=True)
    for code in survived:
        print("\n".join(f"    {line}" for line in changed_lines(original, code)), flush=True)
    return planted - len(survived), planted


def find_faults(code: str) -> dict[Position, list[Fault]]:
    """Where cosmic-ray's operators can plant faults in a module, and which: many fit one place."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes, lines = list(ast_nodes(get_ast(code))), code.splitlines()
    found: dict[Position, list[Fault]] = {}
    for name in sorted(operator_names()):
        kind = get_operator(name)
        if not kind.arguments() and not any(word in name for word in NOT_PLANTED):
            places = [start for node in nodes for start, _ in kind().mutation_positions(node)]
            for occurrence, place in enumerate(places):
                if not lines[place[0] - 1].lstrip().startswith(FLAGS):
                    found.setdefault(place, []).append(Fault(name, occurrence))
    return found


def plant(code: str, fault: Fault) -> str:
    """The module with the fault in it."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    return str(mutate_code(code, get_operator(fault.operator)(), fault.occurrence))


def passes(copy: Path, tests: Sequence[str], limit: float) -> bool:
    """Whether the tests pass in the copy; one that never ends has noticed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def changed_lines(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++"))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
