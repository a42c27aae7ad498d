"""An exception that nobody meant to be read, as an error in three parts: whose it is, what it says, and where."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import mlops_iac
from mlops_iac.core.errors import MlopsError

_OURS = str(Path(mlops_iac.__file__).parent) + os.sep
_INSTALLED = f"{os.sep}site-packages{os.sep}"


def explain(error: Exception) -> MlopsError:
    """The error itself when it speaks for itself; otherwise the program's, with its line, or a bug of ours."""
    if isinstance(error, MlopsError):
        return error
    said = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    programs = [frame for frame in frames if not _is_library(frame.filename)]
    if programs or not frames:
        if not programs:
            return MlopsError("The program raised an exception.", said)
        last = programs[-1]
        line = f"\n{last.line.strip()}" if last.line else ""
        file = _relative(last.filename)
        return MlopsError("The program raised an exception.", f"{said}{line}", file=file, line=last.lineno or 0)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    return MlopsError(
        "This is a bug in mlops-iac.", f"{said}\nin {place}, {frames[-1].name}", hint="report it, with this message."
    )


def _is_library(file: str) -> bool:
    return file.startswith((_OURS, "<")) or _INSTALLED in file or f"{os.sep}lib{os.sep}python" in file


def _relative(file: str) -> str:
    inside = os.path.relpath(file)
    return file if inside.startswith("..") else inside
