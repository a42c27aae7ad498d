"""The Python that a framework's jobs run in: ours, another one of this machine's, or one that uv brings.

AWS's images hold the Python that their packages were made for. On this machine a framework's packages may be older than
the Python that runs mlops-iac; its jobs then run in another one, as they do on AWS.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlops_iac.core.cache import cache_folder
from mlops_iac.core.errors import MlopsError
from mlops_iac.core.frameworks import Framework

PATIENCE = 300
"""Seconds until uv is given up: an interpreter is a download of some 30 MB."""

PROBE = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"


@dataclass(frozen=True)
class Interpreter:
    path: Path
    version: str
    """``3.12``"""


class NoInterpreter(MlopsError):
    """No Python on this machine can run a framework's packages, and none could be brought."""


def our_interpreter() -> Interpreter:
    return Interpreter(Path(sys.executable), f"{sys.version_info.major}.{sys.version_info.minor}")


def find_interpreter(framework: Framework) -> Interpreter | None:
    """An interpreter of this machine with packages of the framework: ours, else the newest; None: there is none."""
    ours = our_interpreter()
    if not framework.packages or not framework.python or ours.version in framework.python:
        return ours
    return find_other(newest_first(framework.python))


def get_interpreter(framework: Framework) -> Interpreter:
    """As `find_interpreter`; else uv brings one, if it is here and has a network. Raises NoInterpreter."""
    found = find_interpreter(framework)
    if found:
        return found
    uv = find_uv()
    said = bring(uv, framework.python) if uv else "uv, which could bring one, is not installed"
    find_other.cache_clear()
    found = find_interpreter(framework)
    if not found:
        raise missing(framework, said)
    return found


def find_problem(frameworks: Sequence[Framework]) -> NoInterpreter | None:
    """What would keep jobs of these frameworks from running here; None when nothing would, or uv is here to help."""
    lacking = [framework for framework in frameworks if not find_interpreter(framework)]
    return missing(lacking[0]) if lacking and not find_uv() else None


def missing(framework: Framework, said: str = "") -> NoInterpreter:
    """What to say when a framework has no interpreter here."""
    versions = newest_first(framework.python)
    return NoInterpreter(
        "No Python for the framework.",
        f"{framework} has packages for Python {', '.join(framework.python)}; mlops-iac runs on Python "
        f"{our_interpreter().version}, and none of these is on this machine{f' ({said})' if said else ''}.",
        hint=f"install Python {versions[0]}, or `python -m pip install uv`, with which mlops-iac brings one by itself.",
    )


def newest_first(versions: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(versions, key=lambda text: [int(part) for part in text.split(".")], reverse=True))


@cache
def find_other(versions: tuple[str, ...]) -> Interpreter | None:
    """The first interpreter of these versions, in their order; a file that bears the name and does not run is none."""
    for version in versions:
        for candidate in candidates(version):
            found = probe(candidate)
            if found and found.version == version:
                return found
    return None


def candidates(version: str) -> Iterator[Path]:
    """Files that may be this version: on PATH, what we brought, what uv keeps, what pyenv keeps."""
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    pyenv = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
    uv = os.environ.get("UV_PYTHON_INSTALL_DIR") or Path(data) / "uv" / "python"
    for folder, pattern in (
        (brought(), f"cpython-{version}.*"),
        (uv, f"cpython-{version}.*"),
        (pyenv, f"versions/{version}.*"),
    ):
        yield from sorted(Path(folder).glob(f"{pattern}/bin/python{version}"), reverse=True)


def probe(candidate: Path) -> Interpreter | None:
    """Ask an interpreter what it is. A shim answers with the interpreter behind it, or with nothing."""
    try:
        done = subprocess.run(
            [str(candidate), "-I", "-c", PROBE],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=20,
            check=True,
        )
        version, executable = done.stdout.split("\n")[:2]
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Interpreter(Path(executable), version)


def find_uv() -> Path | None:
    """uv beside our own interpreter, as `pip install uv` puts it, else on PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("uv")
    return Path(found) if found else None


def brought() -> Path:
    """Where the interpreters are that uv brought for us."""
    return cache_folder() / "pythons"


def bring(uv: Path, versions: Sequence[str]) -> str:
    """Have uv install the newest of these versions into the cache; answers why it did not, or nothing."""
    command = [str(uv), "python", "install", "--no-bin", "--install-dir", str(brought()), newest_first(versions)[0]]
    try:
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"uv could not bring one: {error}"
    lines = (done.stderr + done.stdout).strip().splitlines()
    return (
        "" if done.returncode == 0 else f"uv could not bring one: {lines[-1].strip() if lines else 'it said nothing'}"
    )
