"""What policies say of an environment, for a team's own tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.policy.finding import Finding, Report


@dataclass(frozen=True)
class Judged:
    """One stack."""

    report: Report

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is not waived, the heaviest first."""
        return self.report.open

    @property
    def refused(self) -> list[str]:
        """What keeps an `up` back, one sentence each: ``s3-public-access: drop: It has no public access block.``"""
        found = [f"{one.rule}: {one.resource}: {one.detail}" for one in self.report.findings if one.refuses]
        past = [f"{one.rule}: {one.resource}: waived until {one.expires.isoformat()}" for one in self.report.expired]
        return [*found, *past]


def judge(root: Path, stack: str, home: Path) -> Judged:
    """Preview it and ask. Raises what the preview raises."""
    result = EmbeddedBackend(root, stack, home=home).preview()
    if result.error is not None:
        raise result.error
    return Judged(result.policy or Report())
