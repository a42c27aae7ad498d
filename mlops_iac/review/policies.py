"""What policies found, for the comment: what refuses the `up` first."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_iac.core.severity import Severity
from mlops_iac.policy.finding import Finding, Report
from mlops_iac.render.escape import code_span, prose

MOST = 10
"""Rules told of one environment; `mlops-iac policy check` tells all."""
MOST_RESOURCES = 5


def verdict(report: Report | None) -> str:
    """A few words for a table: ``refused by a policy``, ``2 warnings``; empty when nothing is wrong."""
    if report is None:
        return ""
    if report.refuses:
        return "**refused by a policy**"
    warnings = report.count(Severity.WARNING)
    return f"{warnings} policy warning{'s' if warnings > 1 else ''}" if warnings else ""


def policy_lines(report: Report | None) -> Iterator[str]:
    """A list in Markdown: each broken rule with its resources and its remedy, then waivers. Advice is left out."""
    if report is None:
        return
    told: dict[str, list[Finding]] = {}
    for finding in report.open:
        if finding.severity is not Severity.ADVICE:
            told.setdefault(finding.rule, []).append(finding)
    for findings in list(told.values())[:MOST]:
        yield from _rule(findings)
    if len(told) > MOST:
        yield f"- and {len(told) - MOST} more rules"
    for waiver in report.expired:
        until = waiver.expires.isoformat()
        yield f"- **error** the waiver of {code_span(waiver.rule)} for {code_span(waiver.resource)} ended on {until}"
    waived = [finding for finding in report.findings if finding.waiver is not None]
    if waived:
        rules = sorted({finding.rule for finding in waived})
        yield f"- {len(waived)} waived: {', '.join(map(code_span, rules))}"


def _rule(findings: list[Finding]) -> Iterator[str]:
    first = findings[0]
    name = f"**{first.severity.value}**" if first.severity is Severity.ERROR else first.severity.value
    yield f"- {name} {code_span(first.rule)}: {prose(first.wants)}"
    for one in findings[:MOST_RESOURCES]:
        where = f"{one.resource}.{one.path}" if one.path else one.resource
        yield f"  - {code_span(where)}: {prose(one.detail)}"
    if len(findings) > MOST_RESOURCES:
        yield f"  - and {len(findings) - MOST_RESOURCES} more resources"
    yield f"  - to do: {prose(first.remedy)}"
