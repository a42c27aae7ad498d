"""How a job sees the machine: as a container would, where private namespaces are allowed, else by real paths.

In its own view a job finds its folder at /opt/ml, a home and a /tmp of its own, the machine's programs and its Python
environment; the person's home, the project and other jobs are not there. What it writes elsewhere goes with it.
"""

from __future__ import annotations

import json
import os
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
    "a script does not. HOME, TMPDIR and the working folder are the job's own, but it can read and write this person's "
    "other files."
)
NO_PROCESSES = (
    "This machine does not allow private process namespaces, so a job sees this person's processes in /proc and can "
    "signal them."
)
NO_ISOLATION = (
    "This machine does not allow private network namespaces. What this job's network does not reach (network "
    "isolation, a private subnet) is refused to Python only, by a hook in its sockets; other programs have the "
    "machine's network."
)

Bind = tuple[str, str, str]
"""Source on the machine, target in the view, mode: ``ro``, ``rw``, or ``copy`` (what is written there is the job's)."""


@dataclass(frozen=True)
class View:
    """One job's view of the machine's files. ``private``: a root of its own."""

    root: Path
    """The job's folder: ``ml``, ``home`` and ``tmp`` in it are what the job sees as /opt/ml, $HOME and /tmp."""
    private: bool
    processes: bool = False
    """It has processes of its own, which are all that it sees in /proc."""

    @property
    def folder(self) -> Path:
        """The real folder of what the job sees as /opt/ml."""
        return self.root / "ml"

    @property
    def home(self) -> str:
        """``HOME``: /root, as in AWS's containers, where it can be the job's own."""
        return "/root" if self.private else str(self.root / "home")

    @property
    def temporary(self) -> str:
        return "/tmp" if self.private else str(self.root / "tmp")  # noqa: S108 - the job's own

    def path(self, inside: str) -> str:
        """A path as the job must say it, given as AWS says it: ``/opt/ml/model``."""
        if self.private or not (inside == OPT_ML or inside.startswith(OPT_ML + "/")):
            return inside
        return str(self.folder) + inside.removeprefix(OPT_ML)

    def start(self, inside: str) -> str:
        """The folder to start in. A container's ``/`` can be written to; elsewhere that is the job's home."""
        return self.home if inside == "/" and not self.private else self.path(inside)

    def rewrite(self, text: str) -> str:
        """An argument or a variable's value with /opt/ml in it, as it must be said where nothing can be mounted."""
        return text if self.private else text.replace(OPT_ML + "/", f"{self.folder}/")

    def real(self, inside: str) -> Path:
        """The real path of what the job sees at ``/opt/ml/…``; raises ValueError for a path elsewhere."""
        relative = Path(inside).relative_to(OPT_ML)
        if ".." in relative.parts:
            raise ValueError(f"`{inside}` leaves {OPT_ML}.")
        return self.folder / relative

    def command(
        self,
        program: Sequence[str],
        folder: str,
        *,
        shown: Sequence[Bind] = (),
        offline: bool = False,
        gate: tuple[int, int] | None = None,
        network: str = "",
        plug: tuple[int, str] | None = None,
        hostname: str | None = None,
        shared_memory: int | None = None,
    ) -> list[str]:
        """The command line that enters the view and becomes the program, in ``folder`` (as AWS says it).

        ``shown``: what else of the machine the job sees. ``offline``: no network but a loopback of its own. ``gate``:
        the descriptor to hand its way to the embedded cloud over, and the cloud's port. ``network``: ``bridge`` for one
        that others are plugged into. ``plug``: the process that has it, and the address there. ``hostname``: what it is
        called; the machine's own name otherwise. ``shared_memory``: MiB of /dev/shm; half of the machine's otherwise.
        """
        own = [("ml", OPT_ML), ("home", "/root"), ("tmp", "/tmp"), ("tmp", "/var/tmp")]  # noqa: S108 - the job's own
        binds = [(str(self.root / name), target, "rw") for name, target in own]
        view = {
            "root": str(self.root / "stage") if self.private else None,
            "processes": self.processes,
            "binds": [*binds, *shown],
            "changes": str(self.root / "changes"),
            "network": network or ("own" if offline else "host"),
            "plug": plug,
            "hostname": hostname if self.private else None,
            "shared": shared_memory,
            "gate": gate[0] if gate else None,
            "port": gate[1] if gate else None,
            "folder": self.start(folder),
        }
        return [sys.executable, "-I", "-S", str(LAUNCHER), json.dumps(view), *program]


def make_view(root: Path) -> View:
    """The best view that this machine allows; makes its folders."""
    for name in ("ml", "home", "tmp", "stage", "changes"):
        (root / name).mkdir(parents=True, exist_ok=True)
    return View(root, private=can_mount(), processes=can_separate())


def show_python(*environments: Path) -> list[Bind]:
    """What a virtual environment needs to run: itself, changeable by the job for the job, and its interpreter."""
    shown: dict[str, str] = {}
    for environment in environments:
        for path in _links(environment / "bin" / "python"):
            shown.setdefault(str(path.parent.parent), "ro")
        shown[str(environment)] = "copy"
        shown.setdefault(str(environment.resolve()), "copy")
        for folder in _elsewhere(environment):
            shown.setdefault(str(folder), "ro")
    there = ("/usr/", "/opt/")  # in every view
    return [(path, path, mode) for path, mode in shown.items() if mode == "copy" or not path.startswith(there)]


def _elsewhere(environment: Path) -> set[Path]:
    """Where packages really lie that an installer only linked to, as `uv` does with ``--link-mode symlink``."""
    own = environment.resolve()
    linked = (path.resolve() for path in environment.glob("lib/python*/site-packages/*") if path.is_symlink())
    return {path.parent for path in linked if not path.is_relative_to(own)}


def _links(path: Path) -> list[Path]:
    """Each file on the way from a link to what it stands for, the first included."""
    found = [path]
    while path.is_symlink() and len(found) < 40:
        path = Path(os.path.normpath(path.parent / os.readlink(path)))
        found.append(path)
    return [*found, Path(os.path.realpath(path))]


@cache
def can_mount() -> bool:
    """Whether a private mount namespace works here. Tried once per process, about 20 ms."""
    return _works()


@cache
def can_separate() -> bool:
    """Whether a private process namespace with its own /proc works here; only in a view of its own."""
    return can_mount() and _works(processes=True)


@cache
def can_isolate() -> bool:
    """Whether a private network namespace works here."""
    return _works(offline=True)


def _works(*, offline: bool = False, processes: bool = False) -> bool:
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory() as root:
        for name in ("ml", "home", "tmp", "stage", "changes"):
            Path(root, name).mkdir()
        Path(root, "ml", "here").touch()
        command = View(Path(root), private=True, processes=processes).command(
            ["/bin/sh", "-c", "test -e /opt/ml/here"], "/", offline=offline
        )
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
