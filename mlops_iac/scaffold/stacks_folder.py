"""The folder of stack files, before one is written to it."""

from __future__ import annotations

from pathlib import Path

from mlops_iac.config.project import STACKS
from mlops_iac.core.errors import ConfigError, MlopsError


def prepare_folder(root: Path) -> Path:
    """The project's ``stacks/``, made when it is missing. ConfigError when it leads out of the project."""
    folder = root / STACKS
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        hint = "look at the project's permissions."
        raise MlopsError("The stacks folder cannot be made.", f"{STACKS}/: {error.strerror}.", hint=hint) from error
    if not folder.resolve().is_relative_to(root.resolve()):
        detail = f"{STACKS}/ is a link to a folder elsewhere; nothing is written there."
        raise ConfigError("The stacks folder is outside the project.", detail, hint=f"make {STACKS}/ a folder.")
    return folder
