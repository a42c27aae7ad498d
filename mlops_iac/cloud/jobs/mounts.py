"""How a job sees its folder: as /opt/ml, where the machine allows a private mount namespace, else by its real path."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OPT_ML = "/opt/ml"
LAUNCHER = Path(__file__).with_name("launch.py")

NO_MOUNTS = (
    "This machine does not allow private mount namespaces, so /opt/ml does not exist here. Scripts that take their "
    "folders from SM_* variables, from their arguments or from MLOPS_IAC_OPT_ML work; a path under /opt/ml written in "
    "a script does not."
)
NO_ISOLATION = "This machine does not allow private network namespaces, so EnableNetworkIsolation is not enforced here."


@dataclass(frozen=True)
class View:
    """One job's view. ``private``: /opt/ml is the job's own folder. ``offline``: the job has no network."""

    folder: Path
    """The real folder of what the job sees as /opt/ml."""
    stage: Path
    private: bool
    offline: bool = False

    def path(self, inside: str) -> str:
        """A path as the job must say it, given as AWS says it: ``/opt/ml/model``."""
        if self.private or not (inside == OPT_ML or inside.startswith(OPT_ML + "/")):
            return inside
        return str(self.folder) + inside.removeprefix(OPT_ML)

    def rewrite(self, text: str) -> str:
        """An argument or a variable's value with /opt/ml in it, as it must be said where nothing can be mounted."""
        return text if self.private else text.replace(OPT_ML + "/", f"{self.folder}/")

    def real(self, inside: str) -> Path:
        """The real path of what the job sees at ``/opt/ml/…``; raises ValueError for a path elsewhere."""
        relative = Path(inside).relative_to(OPT_ML)
        if ".." in relative.parts:
            raise ValueError(f"`{inside}` leaves {OPT_ML}.")
        return self.folder / relative

    def command(self, program: Sequence[str], folder: str) -> list[str]:
        """The command line that enters the view and becomes the program, in ``folder`` (as the job says it)."""
        view = {
            "ml": str(self.folder) if self.private else None,
            "stage": str(self.stage),
            "offline": self.offline,
            "folder": folder,
        }
        return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(view), *program]


def make_view(folder: Path, stage: Path, *, offline: bool = False) -> View:
    """The best view that this machine allows; makes both folders."""
    folder.mkdir(parents=True, exist_ok=True)
    stage.mkdir(parents=True, exist_ok=True)
    return View(folder=folder, stage=stage, private=can_mount(), offline=offline and can_isolate())


@cache
def can_mount() -> bool:
    """Whether a private mount namespace works here. Tried once per process, about 20 ms."""
    return _works(offline=False)


@cache
def can_isolate() -> bool:
    """Whether a private network namespace works here."""
    return _works(offline=True)


def _works(*, offline: bool) -> bool:
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory() as root:
        folder, stage = Path(root, "ml"), Path(root, "stage")
        folder.mkdir()
        stage.mkdir()
        (folder / "here").touch()
        command = View(folder, stage, private=True, offline=offline).command(
            ["/bin/sh", "-c", "test -e /opt/ml/here"], "/"
        )
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
