"""Whole processes, measured as the operating system accounts them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system, of the process and the children it waited for."""
    memory: float
    """Peak resident memory, MB."""
    code: int


def measure(command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> Usage:
    """Run a command once, its output thrown away. Python may keep what it compiles, as `make` lets it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, env={**environment, **(env or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)


def least_cpu(*commands: Sequence[str], runs: int = 9, cwd: Path | None = None) -> list[float]:
    """Seconds of CPU of each command, the least of several runs, which take turns so that a busy minute is theirs all.

    Raises RuntimeError when one fails.
    """
    least = [float("inf")] * len(commands)
    for _ in range(runs):
        for place, command in enumerate(commands):
            usage = measure(command, cwd=cwd)
            if usage.code != 0:
                raise RuntimeError(f"{' '.join(command)} ended with {usage.code}")
            least[place] = min(least[place], usage.cpu)
    return least


def show(name: str, value: float, unit: str, note: str = "") -> None:
    print(f"  {name:<52} {value:>9.2f} {unit:<4} {note}", flush=True)
