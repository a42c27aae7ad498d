"""What the processes of one job, or of one model server, take of this machine, as Linux tells it (proc(5)).

CPU: time of all processes that descend from the first one, those that ended among them. Memory: the proportional set
size, in which a page that several processes share counts once, as it does in a container. GPUs: what NVIDIA's driver
says of the devices that were given; another job on the same ones is in it. Other systems than Linux tell nothing.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")
_UTIME, _CSTIME, _PARENT, _SESSION = 11, 14, 1, 3
"""Places in /proc/PID/stat behind the program's name, which may hold anything."""
_QUERY: Final = ("--query-gpu=utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits")
_GPU_TIMEOUT: Final = 5.0


class Taken(NamedTuple):
    """At one moment."""

    cpu_seconds: float
    """Since the first process began."""
    memory_bytes: int


class GpusTaken(NamedTuple):
    """Sums of percents, one hundred for each device, as CloudWatch has them."""

    busy: float
    memory: float


class _Stat(NamedTuple):
    parent: int
    session: int
    seconds: float
    """Its own, and of those of its children that ended."""


def can_measure() -> bool:
    return (PROC / "self" / "stat").exists()


def taken_by(pid: int) -> Taken | None:
    """By a process and all below it; None where nobody tells. A process that ended and waits to be asked for its exit
    code still knows its time."""
    stats = _stats()
    if pid not in stats:
        return None
    ours = [*_family(pid, stats)]
    return Taken(sum(stats[one].seconds for one in ours), sum(map(_memory, ours)))


def taken_of_gpus(devices: Sequence[str]) -> GpusTaken | None:
    """None without devices, and where the driver's own program does not answer."""
    if not devices:
        return None
    command = ["nvidia-smi", f"--id={','.join(devices)}", *_QUERY]
    try:
        told = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            check=True,
            timeout=_GPU_TIMEOUT,
        ).stdout
        rows = [[float(word) for word in line.split(",")] for line in told.splitlines() if line.strip()]
        return GpusTaken(sum(row[0] for row in rows), sum(100 * row[1] / row[2] for row in rows))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError, ZeroDivisionError):
        return None


def size_of_folder(folder: Path) -> int:
    """Bytes that its files take on the disk."""
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total


def _stats() -> dict[int, _Stat]:
    tick = os.sysconf("SC_CLK_TCK")
    found = {}
    for entry in _numbers():
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = (PROC / entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            seconds = sum(map(int, words[_UTIME : _CSTIME + 1])) / tick
            found[int(entry)] = _Stat(int(words[_PARENT]), int(words[_SESSION]), seconds)
    return found


def _numbers() -> Iterable[str]:
    try:
        return [name for name in os.listdir(PROC) if name.isdigit()]
    except OSError:
        return []


def _family(first: int, stats: dict[int, _Stat]) -> Iterator[int]:
    """The process, all that descend from it, and what of its session was left by a parent that ended."""
    below: defaultdict[int, list[int]] = defaultdict(list)
    for pid, stat in stats.items():
        below[stat.parent].append(pid)
    waiting = [first, *(pid for pid, stat in stats.items() if stat.session == first and pid != first)]
    seen: set[int] = set()
    while waiting:
        pid = waiting.pop()
        if pid not in seen:
            seen.add(pid)
            waiting += below[pid]
            yield pid


def _memory(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
