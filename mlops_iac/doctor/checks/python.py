"""Python, and the version of mlops-iac."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mlops_iac import __version__
from mlops_iac.core.environment import CONTRACT
from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject

OLDEST = (3, 11)
"""As pyproject.toml has it."""
TRIED = (3, 13)
"""The newest Python that the tests run on."""


def check(subject: Subject) -> Iterator[Finding]:
    version = tuple(sys.version_info[:2])
    says = f"Python {_dotted(version)}, mlops-iac {__version__}, environments of contract {CONTRACT}"
    if version < OLDEST:
        yield failed(f"{says}: too old", f"install Python {_dotted(OLDEST)} or newer, and mlops-iac in it.")
    elif version > TRIED:
        yield warned(f"{says}: newer than what was tried", f"use Python {_dotted(TRIED)} if something is odd.")
    else:
        yield passed(says)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
