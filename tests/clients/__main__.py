"""Try strangers' clients on an embedded cloud: ``python -m tests.clients [NAME …]``.

Each has an environment of its own and a script of its own, which checks what comes back. One that cannot be had here is
told with its reason. Ends with 1 when a client fails, or when nothing could be tried.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.clients import environments, stack
from tests.clients.catalogue import CLIENTS, Client

NOT_RUN = 77
"""How a script says that it cannot run here, its reason last on stdout: automake's and Meson's code for it."""
LIMIT = 600
"""Seconds for one client."""
LAST_LINES = 15
"""How much of a failed client's output is shown."""


class Outcome(NamedTuple):
    client: Client
    version: str
    word: str
    """passed, FAILED, or ``not run: …``."""
    seconds: float
    output: str = ""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    known = ", ".join(client.slug for client in CLIENTS)
    parser.add_argument("names", nargs="*", help=f"all of them when left out: {known}")
    asked = parser.parse_args(arguments).names
    unknown = set(asked) - {client.slug for client in CLIENTS}
    if unknown:
        parser.error(f"no client is called {', '.join(sorted(unknown))}; there are: {known}")
    chosen = [client for client in CLIENTS if not asked or client.slug in asked]
    with tempfile.TemporaryDirectory(prefix="clients-") as folder:
        outcomes = try_all(chosen, Path(folder))
    failed = [each for each in outcomes if each.word == "FAILED"]
    passed = sum(each.word == "passed" for each in outcomes)
    missed = len(outcomes) - passed - len(failed)
    print(f"\n{passed} passed, {len(failed)} failed" + (f", {missed} not run" if missed else ""))
    return 1 if failed or not passed else 0


def try_all(chosen: Sequence[Client], folder: Path) -> list[Outcome]:
    """One after the other on one environment: they share a machine, and must not share its faults."""
    print(f"{'client':<12} {'version':<10} {'seconds':>7}  outcome")
    outcomes = []
    with stack.running(folder / "project") as project:
        for client in chosen:
            outcome = try_one(client, folder / client.slug, project)
            outcomes.append(outcome)
            print(f"{client.name:<12} {outcome.version:<10} {outcome.seconds:>7.1f}  {outcome.word}", flush=True)
            for line in outcome.output.splitlines()[-LAST_LINES:] if outcome.word == "FAILED" else ():
                print(f"    {line}")
    return outcomes


def try_one(client: Client, environment: Path, project: Path) -> Outcome:
    """Make its environment, and run its script in a folder that is empty and its home."""
    try:
        programs = environments.make(client, environment)
    except environments.Unavailable as reason:
        return Outcome(client, "", "FAILED", 0, str(reason))
    home = project / "clients" / client.slug
    home.mkdir(parents=True)
    paths = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    command = ["env", f"HOME={home}", f"PATH={paths}", str(programs / "python"), str(client.script)]
    began = time.monotonic()
    try:
        done = subprocess.run(
            stack.with_variables(command), cwd=home, env=environments.bare(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=LIMIT, check=False,
        )  # fmt: skip
        code, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as ended:
        code, output = -1, f"{(ended.stdout or b'').decode(errors='replace')}\nIt took longer than {LIMIT} seconds."
    seconds = time.monotonic() - began
    if code == NOT_RUN:
        return Outcome(client, "", f"not run: {output.strip().splitlines()[-1]}", seconds)
    return Outcome(client, environments.version(client, programs), "FAILED" if code else "passed", seconds, output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
