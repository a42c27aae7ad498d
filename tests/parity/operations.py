"""What a case is made of: programs, and what is done with them one after the other."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

CASES = Path(__file__).parent / "cases"
PROJECT, STACK, REGION = "parity", "dev", "eu-west-1"
CONFIG = {"aws:region": REGION}

Verb = Literal["preview", "up", "refresh", "destroy"]


@dataclass(frozen=True)
class Do:
    """One operation of both engines."""

    verb: Verb
    program: str = ""
    """Name of a function of the case; a destroy and a refresh need none."""
    behind: str = ""
    """Name of a function of the case that first changes the cloud behind the engine's back, given its clients."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `engine.options.Options`; resources by logical name."""

    def __str__(self) -> str:
        words = [self.verb, self.program, *(f"{key}={value}" for key, value in self.options.items())]
        return " ".join(word for word in words if word) + (f" after {self.behind}" if self.behind else "")


@dataclass(frozen=True)
class Case:
    name: str
    why: str
    path: Path
    module: ModuleType

    @property
    def operations(self) -> tuple[Do, ...]:
        found: tuple[Do, ...] = self.module.OPERATIONS
        return found

    @property
    def is_ordered(self) -> bool:
        """Whether the order of steps of different resources is compared too: where each stands on the one before.
        Resources that do not, arrive in any order: the SDK prepares them at the same time."""
        return bool(getattr(self.module, "ORDERED", False))

    @property
    def checks_first(self) -> bool:
        """Whether our `up` looks the whole program over first. The real one is always told `--skip-preview`."""
        return bool(getattr(self.module, "CHECKS_FIRST", False))

    @property
    def differs(self) -> Mapping[int, Mapping[str, str]]:
        """Number of an operation (from 1) → part of its form → heading in the page of differences."""
        found: Mapping[int, Mapping[str, str]] = getattr(self.module, "DIFFERS", {})
        return found

    def program(self, name: str) -> Callable[[], object]:
        found: Callable[[], object] = getattr(self.module, name)
        return found

    def prepare(self, operation: Do, clients: Any) -> None:
        if operation.behind:
            getattr(self.module, operation.behind)(clients)


def all_cases() -> list[Case]:
    return [read_case(path) for path in sorted(CASES.glob("*.py"))]


def read_case(path: Path) -> Case:
    spec = importlib.util.spec_from_file_location(f"parity_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise AssertionError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Case(path.stem, (module.__doc__ or "").strip(), path, module)
