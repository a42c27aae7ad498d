"""A job's folder: what the job sees as /opt/ml, a home, and room for what surrounds it. Removed when the job ended."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_iac.cloud.jobs.mounts import View, make_view

KEEP = "MLOPS_IAC_KEEP_JOBS"
"""Set to 1 to keep the folders of jobs that failed."""


class Workspace:
    """The layout below /opt/ml is AWS's: ``input/config``, ``input/data/<channel>``, ``model``, ``output``, …"""

    def __init__(self, root: Path) -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True, mode=0o700)
        self.root = root
        self.aside = root / "aside"
        """For files that the job does not see: archives on their way in or out."""
        self.aside.mkdir()
        self.view: View = make_view(root)

    def folder(self, inside: str) -> Path:
        """Make a folder that the job sees at ``/opt/ml/…``; answers its real path."""
        path = self.view.real(inside)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write_json(self, inside: str, value: Any) -> None:
        path = self.view.real(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), "utf-8")

    def remove(self, *, failed: bool = False) -> None:
        """Remove everything; after a failure only when MLOPS_IAC_KEEP_JOBS is not 1."""
        if not (failed and os.environ.get(KEEP) == "1"):
            remove_all(self.root)


def remove_all(root: Path) -> None:
    """Remove a job's folder, with what the job made unreadable and what the kernel's overlays leave closed."""

    def open_up(_: Callable[..., Any], path: str, __: Any) -> None:
        for each in (os.path.dirname(path), path):
            if os.path.isdir(each) and not os.path.islink(each):
                os.chmod(each, stat.S_IRWXU)
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)

    shutil.rmtree(root, onerror=open_up)
