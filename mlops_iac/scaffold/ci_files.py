"""The workflows of a code host: previews on pull requests, deployments after a merge, drift at night."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from mlops_iac.core.errors import MlopsError, Problem, UsageError
from mlops_iac.scaffold.project import write_new
from mlops_iac.scaffold.rendering import TEMPLATES, Delimiters, render

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "github": (
        ".github/workflows/mlops-iac-preview.yml",
        ".github/workflows/mlops-iac-deploy.yml",
        ".github/workflows/mlops-iac-drift.yml",
    ),
    "gitlab": (".gitlab/mlops-iac.gitlab-ci.yml",),
    "azure-devops": (".azuredevops/mlops-iac-pipelines.yml",),
}
"""Host to its files, relative to the repository's root."""

ACTIONS: Final = {
    "checkout": "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
    "python": "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
    "upload": "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f # v7.0.0",
    "download": "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1",
    "credentials": "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3",
    "pulumi": "pulumi/actions@8e5e406f4007fca908480587cb9893c07090f58d # v7.0.0",
}
"""Pinned by commit: a tag can be moved to other code. Each was read off the action's own repository."""

PYTHON: Final = "3.12"

REGION: Final = "AWS_REGION"
ROLES: Final = {"MLOPS_IAC_PREVIEW_ROLE": "preview", "MLOPS_IAC_DEPLOY_ROLE": "deploy"}
"""Variables of the host that the files read, so that no account stands in them."""


def ci_files(root: Path, host: str, *, branch: str, environment: str) -> dict[str, str]:
    """File to text. ``branch`` is what is deployed, ``environment`` the host's own, whose rules say who lets it."""
    common = {
        "header": f"Written by `mlops-iac ci init --for {host}`; `mlops-iac ci init --check` says whether it still is.",
        "actions": ACTIONS,
        "python": PYTHON,
        "install": install_command(root),
        "branch": branch,
        "environment": environment,
    }
    marks = Delimiters(variable=("[[", "]]"), block=("<%", "%>"), folder=TEMPLATES / "ci" / host)
    return {file: render(f"ci/{host}/{Path(file).name}", marks, **common) for file in FILES[host]}


def install_command(root: Path) -> str:
    """The project's own requirements where it has them, else this very version."""
    if (root / "requirements.txt").is_file():
        return "python -m pip install --quiet -r requirements.txt"
    return f"python -m pip install --quiet mlops-iac=={version('mlops-iac')}"


def find_stale(root: Path, files: Mapping[str, str]) -> list[str]:
    """Those that are missing, or hold something else."""
    return [file for file, text in files.items() if _read(root / file) != text]


def write_ci_files(root: Path, files: Mapping[str, str], *, force: bool) -> list[str]:
    """Write what is not there as it should be, and answer it.

    UsageError, before anything is written, for a file that holds something else, unless ``force``; MlopsError when the
    disk does not take it.
    """
    stale = find_stale(root, files)
    kept = [file for file in stale if os.path.lexists(root / file)]
    if kept and not force:
        raise UsageError.of(
            Problem(
                file=file,
                summary="There is another file.",
                detail="It holds something else than what would be written.",
                hint="look at it, then write it anew with --force.",
            )
            for file in kept
        )
    try:
        for file in stale:
            place = root / file
            if place.is_symlink():
                raise UsageError("A link is in the way.", f"{file} is a link.", hint="remove it.")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            write_new(place, files[file].encode())
    except OSError as error:
        raise MlopsError(
            "The workflows cannot be written.",
            f"{error.filename or root}: {error.strerror}.",
            hint="look at the folder's permissions and at the space left on the disk.",
        ) from error
    return stale


def _read(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
