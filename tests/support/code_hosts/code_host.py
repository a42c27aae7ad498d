"""What code hosts have in common: a repository, jobs in folders of their own, artifacts, and a cloud that only a job
with a role finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BASH = ("bash", "--noprofile", "--norc")


@dataclass
class CodeHost:
    """``home`` holds what outlives a job: artifacts, comments and the cloud; ``origin`` is the repository."""

    home: Path
    origin: Path
    ref: str = "main"
    said: str = ""
    """What the last job wrote."""
    tools: Path = field(init=False)

    def __post_init__(self) -> None:
        self.tools = self.home / "bin"
        self.tools.mkdir(parents=True)

    def add_tool(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    @property
    def work(self) -> Path:
        return self.home / "work"

    def begin(self) -> Path:
        """A job's own folder, which is empty."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        self.said = ""
        return self.work

    def git(self, folder: Path, *words: str) -> str:
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    @property
    def head(self) -> str:
        return self.git(self.origin, "rev-parse", self.ref)

    def machine(self) -> dict[str, str]:
        """What a job finds of the machine, and nothing of the one that tests run on."""
        cache = os.environ.get("MLOPS_IAC_CACHE", str(Path.home() / ".cache/mlops-iac"))
        return {
            "PATH": f"{self.tools}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "CI": "true",
            "MLOPS_IAC_CACHE": cache,
        }

    def execute(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> int:
        """With the cloud that a test has in the place of AWS."""
        done = subprocess.run(
            command, cwd=folder, env={**environment, "MLOPS_IAC_CLOUD": "embedded"},
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done.returncode

    def take_cloud(self, folder: Path) -> None:
        """A role was taken: the cloud is within reach."""
        if (self.home / "cloud").exists():
            shutil.move(self.home / "cloud", folder / ".mlops-iac")

    def leave_cloud(self, folder: Path) -> None:
        """What a job left in the cloud is there for the next one; nothing goes on in its folder."""
        if (folder / ".mlops-iac").exists():
            stop = [str(Path(sys.executable).with_name("mlops-iac")), "cloud", "stop"]
            subprocess.run(stop, cwd=folder, env=self.machine(), capture_output=True, check=True)
            shutil.move(folder / ".mlops-iac", self.home / "cloud")

    def keep(self, name: str, files: Mapping[str, Path]) -> None:
        """An artifact, of files or folders by their path in it; the one before is gone."""
        target = self.home / "artifacts" / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for path, source in files.items():
            place = target / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, place, dirs_exist_ok=True)
            else:
                shutil.copy(source, place)

    def fetch(self, name: str, folder: Path) -> None:
        """Raises FileNotFoundError when nobody left it."""
        shutil.copytree(self.home / "artifacts" / name, folder, dirs_exist_ok=True)
