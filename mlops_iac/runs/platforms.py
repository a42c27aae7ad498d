"""The platform that wheels are chosen for: this machine's interpreter, or the one inside AWS's image."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from mlops_iac.core.frameworks import Framework
from mlops_iac.core.interpreters import get_interpreter

AWS_TAGS = (
    "manylinux_2_28_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
)
"""AWS's framework images are Ubuntu or Amazon Linux of 2020 or later (glibc 2.28 or newer) on x86-64."""


@dataclass(frozen=True)
class Platform:
    python: str
    """``3.10``"""
    tags: tuple[str, ...] = ()
    """Platform tags to choose wheels by; none: this machine's own."""
    machine: str = "linux-x86_64"
    interpreter: Path = field(default=Path(sys.executable), compare=False)
    """The Python that builds source distributions, on this machine."""

    @property
    def is_this_machine(self) -> bool:
        return not self.tags

    def __str__(self) -> str:
        return f"{self.machine} Python {self.python}"


def this_platform(framework: Framework) -> Platform:
    """This machine, with the interpreter that runs the framework's jobs. Raises NoInterpreter when there is none."""
    interpreter = get_interpreter(framework)
    return Platform(interpreter.version, machine=sysconfig.get_platform(), interpreter=interpreter.path)


def aws_platform(framework: Framework) -> Platform:
    return Platform(framework.image_python, AWS_TAGS)
