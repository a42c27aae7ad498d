"""Hyperparameters as they reach a script unchanged.

AWS's training toolkit joins a script's arguments with blanks and gives the line to a shell (``" ".join(cmd)`` in
process.py of github.com/aws/sagemaker-training-toolkit, read 2026-11-28): blanks split a value, ``$(…)`` is run, a
quote breaks the line, and an empty value is lost. So a value that a shell would touch travels as one word, and the
launcher (`mlops_iac_run.py`) gives the script what was written.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

CARRIED = "mlops_iac_b64:"
LONGEST = 2500
"""Characters of one value: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html"""
RESERVED: Final = ("sagemaker_", "mlops_iac_", "_tuning_")
"""How names begin that steer AWS's containers, ours, and tuning jobs."""

LiteralValue = str | int | float | bool
"""A hyperparameter as it is written."""

_PLAIN = re.compile(r"[A-Za-z0-9_.,:/@%+=-]+")


def carry(text: str) -> str:
    """The value as it travels: itself where a shell leaves it alone."""
    if _PLAIN.fullmatch(text) and not text.startswith(CARRIED):
        return text
    return CARRIED + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(text: str) -> str:
    """What was written, for people."""
    if not text.startswith(CARRIED):
        return text
    word = text.removeprefix(CARRIED)
    return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()


def carried(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a run as they travel: every entry of a map is carried. `written` is the way back."""
    return _entries(parameters, carry)


def written(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a run as a person wrote them."""
    return _entries(parameters, read)


def _entries(parameters: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {
        name: {key: change(str(item)) for key, item in value.items()} if isinstance(value, Mapping) else value
        for name, value in parameters.items()
    }


def text_of(value: LiteralValue) -> str:
    """A value as SageMaker takes it. A truth value is written as JSON writes it, so that scripts can parse it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def find_fault(text: str) -> str | None:
    """Why a value cannot travel, or None."""
    size = len(carry(text))
    return f"takes {size} characters on its way; SageMaker allows {LONGEST}" if size > LONGEST else None
