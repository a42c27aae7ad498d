"""pip, asked to choose and fetch wheels; its complaints become ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mlops_iac.core.builders import builder_environment
from mlops_iac.core.errors import RunError
from mlops_iac.core.frameworks import Framework
from mlops_iac.runs.platforms import Platform
from mlops_iac.runs.stand_ins import LOCAL

LAST_LINES = 8
"""How many of pip's last lines an error shows."""

LONGEST = 900
"""Seconds until pip is given up."""


def download_wheels(
    requirements: Path, target: Path, platform: Platform, framework: Framework, *, constraints: Path, links: Path
) -> None:
    """Put wheels for everything that a requirements file needs into ``target``. Raises RunError with pip's last lines.

    For this machine a source distribution is built into a wheel; for another platform only ready-made wheels will do.
    """
    shared = [
        *("--requirement", str(requirements), "--constraint", str(constraints), "--find-links", str(links)),
        *("--no-input", "--disable-pip-version-check", "--no-color", "--progress-bar=off"),
        *(("--extra-index-url", framework.index) if framework.index else ()),
    ]
    if platform.is_this_machine:
        command = ["wheel", "--wheel-dir", str(target), *shared]
    else:
        choice = [part for tag in platform.tags for part in ("--platform", tag)]
        python = ["--python-version", platform.python, "--implementation", "cp", "--only-binary", ":all:"]
        command = ["download", "--dest", str(target), *choice, *python, *shared]
    run_pip(command, requirements, platform)


def run_pip(command: list[str], requirements: Path, platform: Platform) -> None:
    other = [] if platform.interpreter == Path(sys.executable) else ["--python", str(platform.interpreter)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", *other, *command],
            env=builder_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RunError(
            "Requirements cannot be resolved.",
            f"pip had not resolved `{requirements}` after {LONGEST} seconds.",
            hint="check the connection to the package index, and pin versions so that there is less to choose from.",
        ) from error
    if done.returncode != 0:
        raise explain(done.stdout + done.stderr, requirements, platform)


def explain(output: str, requirements: Path, platform: Platform) -> RunError:
    """pip's last lines, and the likeliest thing to do."""
    if "No module named pip" in output:
        return RunError(
            "pip is missing.",
            f"{sys.executable} has no pip, which resolves `{requirements}`.",
            hint=f"run `{sys.executable} -m ensurepip`.",
        )
    talk = ("WARNING", "To fix this", "1. ", "2. ", "Looking in", "Collecting", "  Using cached", "  Downloading")
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith(talk)]
    shown = "\n".join(lines[-LAST_LINES:]).replace(LOCAL, "")
    return RunError(
        "Requirements cannot be resolved.",
        f"`{requirements}`, for {platform}. pip says:\n{shown}",
        hint=hint_for(output, platform),
    )


def hint_for(output: str, platform: Platform) -> str:
    if "ResolutionImpossible" in output:
        return "two requirements exclude each other, or one excludes a version that the framework's image holds."
    if "No matching distribution" in output and "from versions: none" in output and not platform.is_this_machine:
        return f"check the name; a package without ready-made wheels for {platform} cannot be used."
    if "No matching distribution" in output:
        return "check the package's name and version."
    if "Invalid requirement" in output:
        return "correct the line that pip names."
    return "`pip download -r` with the same file shows the whole story."
