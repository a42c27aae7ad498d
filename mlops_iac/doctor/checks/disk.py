"""Room on the disks that state, data and packages go to, and folders that can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mlops_iac.core.cache import cache_folder
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject

GIB = 1024**3
LEAST = {"embedded": 1.0, "aws": 0.2}
"""GiB under which an `up` or a run is likely to fail: a framework's environment takes 0.4 to 1.5 (scikit-learn,
PyTorch without CUDA); on AWS only packed code and plugins lie here."""
COMFORT = {"embedded": 5.0, "aws": 1.0}


def check(subject: Subject) -> Iterator[Finding]:
    places = {"the project": _existing(subject.home), "the cache": _existing(cache_folder())}
    seen: dict[int, str] = {}
    for what, folder in places.items():
        if not os.access(folder, os.W_OK | os.X_OK):
            yield failed(
                f"{what}'s folder {folder} cannot be written", f"make {folder} yours, or choose another place."
            )
            continue
        disk = os.statvfs(folder)
        if seen.setdefault(disk.f_fsid, what) != what:
            continue
        yield _judge(what, folder, disk.f_bavail * disk.f_frsize / GIB, subject.cloud)


def _judge(what: str, folder: Path, free: float, cloud: str) -> Finding:
    says = f"{free:.1f} GiB are free for {what} ({folder})"
    fix = "free some, or move the cache with MLOPS_IAC_CACHE."
    if free < LEAST[cloud]:
        return failed(f"{says}; {LEAST[cloud]:g} are needed", fix)
    return warned(f"{says}; {COMFORT[cloud]:g} are comfortable", fix) if free < COMFORT[cloud] else passed(says)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
