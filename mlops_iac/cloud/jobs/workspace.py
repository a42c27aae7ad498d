"""A job's folder: what the job sees as /opt/ml, a home, and room for what surrounds it. Removed when the job ended."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from mlops_iac.cloud.jobs.mounts import View, make_view

KEEP = "MLOPS_IAC_KEEP_JOBS"
"""Set to 1 to keep the folders of jobs that failed."""


class Workspace:
    """The layout below /opt/ml is AWS's: ``input/config``, ``input/data/<channel>``, ``model``, ``output``, …"""

    def __init__(self, root: Path, *, offline: bool = False) -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True, mode=0o700)
        self.root = root
        self.home = root / "home"
        self.home.mkdir()
        self.aside = root / "aside"
        """For files that the job does not see: archives on their way in or out."""
        self.aside.mkdir()
        self.view: View = make_view(root / "ml", root / "stage", offline=offline)

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
            shutil.rmtree(self.root, ignore_errors=True)
