"""Every error a person can fix, in one family that speaks in three parts.

MlopsError                     something the person at the keyboard can fix
├─ UsageError                  a command was used in the wrong way
├─ ConfigError                 a stack file is wrong             (each problem has file and line)
├─ BlueprintError              a blueprint cannot be built so
├─ PipelineError               a pipeline definition is wrong
├─ PlanError                   the plan is impossible
├─ PolicyError                 a policy is broken that refuses, and nobody has waived it
├─ StackNotFound               no such stack
├─ AuthenticationError         nobody is logged in, or credentials and passphrases are not accepted
├─ CloudError                  a cloud refused                   (has resource and API call)
│  └─ NotEmulated              the embedded cloud does not do this yet
├─ StateError                  state is locked, damaged or newer than we are
├─ RunError                    a pipeline run failed or was refused
└─ Cancelled                   the person pressed Ctrl-C
   └─ Detached                 and what was watched goes on: nothing went wrong
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from mlops_iac.core import exit_codes


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong: a constant summary, a detail with the value given and the values allowed, an action."""

    file: str = ""
    line: int = 0
    """1-based; 0 when the problem has no line."""
    path: str = ""
    """The key, dotted: ``options.gate.at_least``."""
    summary: str
    detail: str = ""
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    """A warning (a word that will go, say) stops nothing."""
    source: str = ""
    """The line of the file up to the end of the key that is wrong; what is written behind it may be a secret."""
    column: int = 0
    """1-based, of what has no key: text that is no YAML, say; 0 when it is the key that is wrong."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        head = "  ".join(part for part in (place, self.path) if part)
        lines = [f"{head}\n  {self.summary}" if head else self.summary]
        lines += [f"  {line}" for line in self.detail.splitlines()]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class MlopsError(Exception):
    """Base of all errors that are shown without a traceback."""

    exit_code = exit_codes.ERROR
    word = "error"
    """What it is told as."""

    def __init__(self, summary: str, detail: str = "", *, hint: str = "", file: str = "", line: int = 0) -> None:
        self.problems: tuple[Problem, ...] = (Problem(summary=summary, detail=detail, hint=hint, file=file, line=line),)
        super().__init__(summary)

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> Self:
        """Several problems found at once, shown sorted by place."""
        ordered = tuple(sorted(problems))
        error = cls(ordered[0].summary)
        error.problems = ordered
        return error

    @property
    def summary(self) -> str:
        return self.problems[0].summary

    @property
    def detail(self) -> str:
        return self.problems[0].detail

    @property
    def hint(self) -> str:
        return self.problems[0].hint

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(MlopsError):
    exit_code = exit_codes.CONFIGURATION


class ConfigError(MlopsError):
    exit_code = exit_codes.CONFIGURATION


class BlueprintError(MlopsError):
    exit_code = exit_codes.CONFIGURATION


class PipelineError(MlopsError):
    exit_code = exit_codes.CONFIGURATION
    pipeline = ""
    """The pipeline whose definition it is, where that is known."""


class PlanError(MlopsError):
    """The plan is impossible: a protected resource would be deleted, a cycle, a resource registered twice."""


class PolicyError(MlopsError):
    """A policy is broken that refuses, and nobody has waived it; or a waiver is past its date."""

    exit_code = exit_codes.POLICY


class StackNotFound(MlopsError):
    exit_code = exit_codes.STACK_NOT_FOUND


class AuthenticationError(MlopsError):
    exit_code = exit_codes.AUTHENTICATION


class CloudError(MlopsError):
    """A cloud refused. ``resource`` is the logical name or URN, ``call`` is ``service:Operation``.

    ``unsure`` is True when nobody knows whether the call was carried out: its answer was lost, or came too late.
    """

    exit_code = exit_codes.RESOURCE

    def __init__(
        self,
        summary: str,
        detail: str = "",
        *,
        hint: str = "",
        resource: str = "",
        call: str = "",
        code: str = "",
        unsure: bool = False,
    ) -> None:
        super().__init__(summary, detail, hint=hint)
        self.resource, self.call, self.code, self.unsure = resource, call, code, unsure


class NotEmulated(CloudError):
    """The embedded cloud does not do this yet; says exactly what."""

    def __init__(self, type: str, prop: str = "", hint: str = "") -> None:
        what = f"{type}.{prop}" if prop else type
        super().__init__("Not emulated yet.", f"The embedded cloud does not offer `{what}`.", hint=hint, resource=what)


class StateError(MlopsError):
    pass


class RunError(MlopsError):
    pass


class Cancelled(MlopsError):
    exit_code = exit_codes.CANCELLED


class Detached(Cancelled):
    word = "note"
