"""A team's folder as it travels to its jobs: one archive, by content, that needs no network where it arrives."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

from mlops_iac.core.frameworks import Framework
from mlops_iac.runs.folder import CodeFile, read_code_folder
from mlops_iac.runs.platforms import Platform
from mlops_iac.runs.requirements import REQUIREMENTS, Locked, lock_requirements

FORMAT = 1
"""Part of every sha: raise it when the same folder would be packed differently."""

ARCHIVE = "sourcedir.tar.gz"
RUNNER = "run.sh"
MANIFEST = "manifest.json"
ENTRY_POINT = "mlops_iac_run.py"
STEP_LAUNCHER = "mlops_iac_step.py"
MAP_RUNNER = "mlops_iac_map.py"
MAP_PARTS = ("mlops_iac_items.py", "mlops_iac_results.py", "mlops_iac_tasks.py")
NODES, RAY = "mlops_iac_nodes.py", "mlops_iac_ray.py"
SPARK = "mlops_iac_spark.py"
SCRIPT_MODE = "mlops_iac_script_mode.py"
SECRETS, SECRET_VALUES = "mlops_iac_secrets.py", "mlops_iac_secret_values.py"
CELLS = "mlops_iac_cells.py"
INFERENCE = "inference.py"
BESIDE = (RUNNER, SPARK)
"""Launchers that lie beside the archive: what starts a job before it is unpacked."""


@dataclass(frozen=True)
class PackedCode:
    """What a run names as its code. Nothing is written until `write_archive`."""

    files: tuple[CodeFile, ...]
    """The team's own, sorted by name; requirements.txt as the team wrote it."""
    requirements: Locked
    platform: Platform
    framework: Framework
    folder: Path
    """Where they lie on this machine."""
    shipped: bool = False
    """Whether scripts of mlops-iac's own travel too: all of them, as they import one another."""

    @cached_property
    def entries(self) -> Mapping[str, bytes | Path]:
        """Name inside the archive to content, sorted by name."""
        entries: dict[str, bytes | Path] = {file.name: file.path for file in self.files if file.name != REQUIREMENTS}
        entries.setdefault(INFERENCE, read_launcher("default_inference.py"))
        entries |= {
            name: read_launcher(name)
            for name in (ENTRY_POINT, *MAP_PARTS, MAP_RUNNER, NODES, RAY, SECRETS, STEP_LAUNCHER)
        }
        core = files("mlops_iac.core")
        entries[SCRIPT_MODE] = core.joinpath("script_mode.py").read_bytes()
        entries[SECRET_VALUES] = core.joinpath("secret_values.py").read_bytes()
        if self.shipped:
            entries |= {name: read_launcher(name, "shipped") for name in shipped_scripts()}
            entries[CELLS] = files("mlops_iac.core").joinpath("notebook_cells.py").read_bytes()
        if self.requirements.text:
            entries[REQUIREMENTS] = self.requirements.text.encode()
        entries |= {f"wheels/{wheel.file}": wheel.path for wheel in self.requirements.wheels}
        return dict(sorted(entries.items()))

    @cached_property
    def sha(self) -> str:
        """Sixteen hex digits that say what travels: the same on every machine, whenever it is packed."""
        known = {file.name: file.sha256 for file in self.files}
        known |= {f"wheels/{wheel.file}": wheel.sha256 for wheel in self.requirements.wheels}
        digest = hashlib.sha256(f"{FORMAT}\0{self.framework}\0{self.platform}\0".encode())
        for name, content in self.entries.items():
            own = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else known[name]
            digest.update(f"{name}\0{name in self._executable}\0{own}\n".encode())
        for beside in BESIDE:
            digest.update(read_launcher(beside))
        return digest.hexdigest()[:16]

    @cached_property
    def _executable(self) -> frozenset[str]:
        return frozenset(file.name for file in self.files if file.executable)

    def write_archive(self, file: BinaryIO) -> None:
        """Write ``sourcedir.tar.gz``: no dates, no owners, names in order, so that equal code gives equal bytes."""
        with (
            gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name, content in self.entries.items():
                data = content if isinstance(content, bytes) else content.read_bytes()
                info = tarfile.TarInfo(name)
                info.size = len(data)
                info.mode = 0o755 if name in self._executable else 0o644
                archive.addfile(info, io.BytesIO(data))

    def manifest(self) -> dict[str, Any]:
        """What the archive holds and what it was made for, for people and for later comparison."""
        return {
            "sha": self.sha,
            "format": FORMAT,
            "framework": str(self.framework),
            "platform": str(self.platform),
            "files": {file.name: {"sha256": file.sha256, "size": file.size} for file in self.files},
            "wheels": {wheel.file: {"sha256": wheel.sha256} for wheel in self.requirements.wheels},
        }

    def manifest_json(self) -> bytes:
        return (json.dumps(self.manifest(), indent=1) + "\n").encode()


def pack(
    folder: Path,
    framework: Framework,
    platform: Platform,
    *,
    allowed: Collection[str] = (),
    shipped: bool = False,
) -> PackedCode:
    """Read a folder and lock its requirements (from the cache when nothing changed). Raises RunError.

    ``allowed`` names files that travel although they look like secrets; ``shipped``: so do scripts of mlops-iac's own.
    """
    return PackedCode(
        files=read_code_folder(folder, allowed),
        requirements=lock_requirements(folder, framework, platform),
        platform=platform,
        framework=framework,
        folder=folder,
        shipped=shipped,
    )


def read_launcher(name: str, package: str = "launcher") -> bytes:
    return files(f"mlops_iac.runs.{package}").joinpath(name).read_bytes()


def shipped_scripts() -> list[str]:
    """Files of `mlops_iac.runs.shipped` that run in jobs."""
    found = (path.name for path in files("mlops_iac.runs.shipped").iterdir())
    return sorted(name for name in found if name.startswith("mlops_iac_") and name.endswith(".py"))
