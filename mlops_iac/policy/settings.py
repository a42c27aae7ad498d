"""What a company and a team say about policies, for one stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy
from mlops_iac.policy.resource import Resource


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """Why a policy may be broken, by what, whose word it is, and until when."""

    rule: str
    """May have ``*``."""
    resource: str
    """The logical name; may have ``*``."""
    reason: str
    owner: str
    expires: date
    """The last day on which it holds."""
    file: str = ""
    line: int = 0
    is_shared: bool = False
    """Of the company's file: that one stack does not need it is no news."""

    def covers(self, rule: str, resource: Resource) -> bool:
        return fnmatchcase(rule, self.rule) and fnmatchcase(resource.name, self.resource)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, kw_only=True)
class Off:
    """A policy that is not asked."""

    reason: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Left out, everything is as the policies say, in the profile ``standard``."""

    stack: str = ""
    profile: str = "standard"
    protects: bool = False
    """Whether the environment refuses to lose data."""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    off: Mapping[str, Off] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    own: tuple[Policy, ...] = ()
    """The company's own, of its folder."""
    today: date = field(default_factory=date.today)
    place: Callable[[str], tuple[str, int]] = lambda setting: ("", 0)
    """A setting of the stack file to its file and line."""

    def severity_of(self, policy: Policy) -> Severity:
        return self.severities.get(policy.name, policy.severity_in(self.profile))

    def parameters_of(self, policy: Policy) -> Mapping[str, Any]:
        return {**policy.parameters, **self.parameters.get(policy.name, {})}
