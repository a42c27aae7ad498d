"""What a check came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_iac.core.errors import PolicyError, Problem
from mlops_iac.core.severity import Severity
from mlops_iac.policy.settings import Off, Waiver


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One resource that breaks one policy."""

    rule: str
    severity: Severity
    wants: str
    detail: str
    resource: str
    """Its logical name."""
    type: str
    urn: str
    path: str
    """The input that is wrong, dotted; empty for none in particular."""
    remedy: str
    sources: tuple[str, ...]
    file: str = ""
    """Where it can be mended, where that is known: the stack's file."""
    line: int = 0
    waiver: Waiver | None = None
    """What lets it pass."""

    @property
    def refuses(self) -> bool:
        return self.severity is Severity.ERROR and self.waiver is None

    @property
    def problem(self) -> Problem:
        path = f"{self.resource}.{self.path}" if self.path else self.resource
        return Problem(
            file=self.file,
            line=self.line,
            path=path,
            summary=f"{self.rule}: {self.wants}",
            detail=self.detail,
            hint=self.remedy,
            severity="error" if self.severity is Severity.ERROR else "warning",
        )

    def to_json(self) -> dict[str, Any]:
        told = {
            "rule": self.rule,
            "severity": self.severity.value,
            "resource": self.resource,
            "type": self.type,
            "urn": self.urn,
            "property": self.path or None,
            "detail": self.detail,
            "remedy": self.remedy,
            "sources": list(self.sources),
            "file": self.file or None,
            "line": self.line or None,
        }
        waiver = self.waiver
        if waiver is None:
            return {**told, "waiver": None}
        said = {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires.isoformat()}
        return {**told, "waiver": {**said, "place": waiver.place}}


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that policies say of one environment."""

    findings: tuple[Finding, ...] = ()
    """The heaviest first; those that are waived with them."""
    expired: tuple[Waiver, ...] = ()
    """Waivers past their date."""
    unused: tuple[Waiver, ...] = ()
    """Waivers of the stack's own file that nothing needs."""
    unknown: tuple[str, ...] = ()
    """`resource.property` that is known only when it is made: policies look at it again then."""
    off: Mapping[str, Off] = field(default_factory=dict)
    asked: int = 0
    """Policies that had something to look at."""
    not_run: int = 0
    """Files of the company's own folder that were not run, because what they are in is not to be trusted."""

    @property
    def open(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.waiver is None)

    def count(self, severity: Severity) -> int:
        return sum(finding.severity is severity for finding in self.open)

    @property
    def refuses(self) -> bool:
        return bool(self.expired) or any(finding.refuses for finding in self.findings)

    @property
    def error(self) -> PolicyError | None:
        """Everything that keeps an `up` back, each with its place."""
        problems = [_expired(waiver) for waiver in self.expired]
        problems += [finding.problem for finding in self.findings if finding.refuses]
        return PolicyError.of(problems) if problems else None

    def to_json(self) -> dict[str, Any]:
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "counts": {
                **{severity.value: self.count(severity) for severity in reversed(Severity)},
                "waived": len(self.findings) - len(self.open),
            },
            "expired": [_waiver_json(waiver) for waiver in self.expired],
            "unused": [_waiver_json(waiver) for waiver in self.unused],
            "unknown": list(self.unknown),
            "off": {name: {"reason": off.reason, "place": off.place} for name, off in self.off.items()},
            "notRun": self.not_run,
        }


def _waiver_json(waiver: Waiver) -> dict[str, Any]:
    told = {"rule": waiver.rule, "resource": waiver.resource, "reason": waiver.reason, "owner": waiver.owner}
    return {**told, "expires": waiver.expires.isoformat(), "place": waiver.place}


def _expired(waiver: Waiver) -> Problem:
    return Problem(
        file=waiver.file,
        line=waiver.line,
        path="waivers",
        summary="A waiver is past its date.",
        detail=f"`{waiver.rule}` was waived for `{waiver.resource}` until {waiver.expires.isoformat()} "
        f"by {waiver.owner}: {waiver.reason}",
        hint="mend what it waives and remove it, or have its owner set a new date.",
    )
