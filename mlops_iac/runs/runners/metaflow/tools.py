"""The team's Metaflow, to be called: the code as it was packed, in an environment of what it needs, pointed at one
stack.

What was packed is what is deployed, so the code comes from the lake. The environment holds what the framework's image
holds, as a flow imports it, and the team's own requirements, of which Metaflow is one; it is kept by content.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlops_iac.clients import MISLEADING, Clients
from mlops_iac.core.builders import builder_environment
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import RunError
from mlops_iac.core.frameworks import Framework, get_framework
from mlops_iac.core.interpreters import find_uv, get_interpreter
from mlops_iac.runs.calls import calling
from mlops_iac.runs.pack import ARCHIVE, ENTRY_POINT, MAP_RUNNER, SCRIPT_MODE, STEP_LAUNCHER

RECIPE: Final = "1"
"""Part of every environment's name: raise it when the way they are built changes."""
LONGEST: Final = 900
"""Seconds until an installer, or Metaflow, is given up."""
LAST_LINES: Final = 12
OURS: Final = (ENTRY_POINT, MAP_RUNNER, SCRIPT_MODE, STEP_LAUNCHER)
"""What travels with packed code for other orchestrators; no flow needs it."""
SERVICE: Final = "flows"
"""The service of the environment whose client profile Metaflow reads."""


@dataclass(frozen=True)
class Tools:
    """One flow's code and Metaflow beside it."""

    code: Path
    python: Path
    environment: Mapping[str, str]
    home: Path
    """A folder that Metaflow may write what it wants to remember; it is thrown away."""

    def run(self, arguments: Sequence[str], what: str, more: Mapping[str, str] | None = None) -> str:
        """Run the team's Python in the code folder; answers what it wrote. Raises RunError with its last lines."""
        try:
            done = _run([str(self.python), *arguments], {**self.environment, **(more or {})}, self.code)
        except subprocess.TimeoutExpired:
            raise RunError(what, f"Metaflow had not ended after {LONGEST} seconds.") from None
        if done.returncode != 0:
            said = _last_lines(done.stdout + done.stderr)
            raise RunError(what, f"Metaflow says:\n{said}", hint=_hint(done.stdout + done.stderr))
        return done.stdout


@contextlib.contextmanager
def tools(environment: Environment, pipeline: Pipeline, clients: Clients, code_uri: str) -> Iterator[Tools]:
    """Raises RunError when the environment cannot be built, CloudError when the code cannot be read."""
    framework = get_framework(pipeline.framework, pipeline.framework_version)
    with tempfile.TemporaryDirectory(prefix="mlops-iac-flow-") as folder:
        code, home = Path(folder, "code"), Path(folder, "home")
        for each in (code, home):
            each.mkdir()
        _fetch(clients, code_uri, code)
        python = _python(framework, code)
        yield Tools(code, python, _variables(environment, clients, home), home)


def _fetch(clients: Clients, code_uri: str, folder: Path) -> None:
    bucket, _, prefix = code_uri.removeprefix("s3://").partition("/")
    archive = folder.parent / ARCHIVE
    with calling("s3:GetObject", f"{prefix}{ARCHIVE}"), archive.open("wb") as file:
        shutil.copyfileobj(clients("s3").get_object(Bucket=bucket, Key=f"{prefix}{ARCHIVE}")["Body"], file)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    for name in OURS:
        (folder / name).unlink(missing_ok=True)


def _variables(environment: Environment, clients: Clients, home: Path) -> dict[str, str]:
    """A person's own Metaflow profile must not decide where a stack's flow goes."""
    dropped = ("PYTHON", "VIRTUAL_ENV", "METAFLOW_", "CONDA_")
    misleading = MISLEADING if clients.embedded else ()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped) and k not in misleading}
    if clients.embedded:
        kept = {k: v for k, v in kept.items() if not k.startswith("AWS_ENDPOINT_URL")}
    return {
        **kept,
        **clients.variables(),
        **environment.services[SERVICE].client,
        "METAFLOW_HOME": str(home),
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(home),
        "METAFLOW_USER": kept.get("METAFLOW_USER") or _user(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


def _user() -> str:
    """Metaflow takes no `root`, and in a container a user id need not have a name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "root"
    return name if name != "root" else f"user-{os.getuid()}"


# The environment ------------------------------------------------------------------------------------------------------


def _python(framework: Framework, code: Path) -> Path:
    requirements = code / "requirements.txt"
    text = requirements.read_text("utf-8") if requirements.is_file() else ""
    interpreter = get_interpreter(framework)
    parts = [RECIPE, os.path.realpath(interpreter.path), interpreter.version, *framework.packages, text]
    folder = cache_folder() / "environments" / f"flow-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:16]}"
    python, ready = folder / "bin" / "python", folder / ".ready"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _build(folder, interpreter.path, framework, requirements if text else None)
            ready.touch()
    return python


def _build(folder: Path, interpreter: Path, framework: Framework, requirements: Path | None) -> None:
    python = str(folder / "bin" / "python")
    index = ["--extra-index-url", framework.index] if framework.index else []
    wheels = ["--no-index", "--find-links", "wheels", "--requirement", "requirements.txt"]
    uv = find_uv()
    if uv:
        make = [str(uv), "venv", "--quiet", "--python", str(interpreter), str(folder)]
        install = [str(uv), "pip", "install", "--quiet", "--python", python]
    else:
        make = [str(interpreter), "-m", "venv", str(folder)]
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    commands = [make, [*install, "--no-deps", *index, *framework.packages]]
    if requirements is not None:
        commands.append([*install, "--no-deps", *wheels])
    for command in commands:
        done = _run(command, builder_environment(), requirements.parent if requirements else folder.parent)
        if done.returncode != 0:
            said = _last_lines(done.stdout + done.stderr)
            raise RunError("The flow's environment cannot be built.", f"The installer says:\n{said}")


def _run(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=LONGEST,
        check=False,
    )


def _last_lines(text: str) -> str:
    return "\n".join([line for line in text.splitlines() if line.strip()][-LAST_LINES:])


def _hint(text: str) -> str:
    if "No module named 'metaflow'" in text:
        return "add a line `metaflow` to requirements.txt."
    if "No module named" in text:
        return "import it inside the steps that need it, or add it to requirements.txt."
    return "`python flow.py check` in the code folder says the same on this machine."
