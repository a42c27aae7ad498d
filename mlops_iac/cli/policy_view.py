"""What policies found, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.policy.finding import Finding, Report
    from mlops_iac.policy.policy import Policy
    from mlops_iac.policy.settings import Waiver
    from mlops_iac.render.style import Style

_STYLES = {"error": ("red", "bold"), "warning": ("yellow", "bold"), "advice": ("blue",)}


def render_report(report: Report, *, color: bool, advice: bool = True) -> str:
    """Findings by policy, what became of waivers, and a last line with the counts. ``advice``: whether to tell it."""
    from mlops_iac.core.severity import Severity
    from mlops_iac.render.style import Style

    style = Style(color)
    told = [one for one in report.open if advice or one.severity is not Severity.ADVICE]
    parts = ["\n".join(_rule(rule, style)) for rule in _by_rule(told)]
    parts += [_waiver("past its date", waiver, style) for waiver in report.expired]
    parts += [_waiver("not needed", waiver, style) for waiver in report.unused]
    return "\n\n".join([*parts, count(report)])


def count(report: Report) -> str:
    """One sentence: ``Policies: 1 error, 2 warnings, 3 waived.``"""
    from mlops_iac.core.severity import Severity

    counts = {severity: report.count(severity) for severity in reversed(Severity)}
    words = [_counted(number, severity) for severity, number in counts.items() if number]
    waived = len(report.findings) - len(report.open)
    words += [f"{waived} waived"] * bool(waived)
    words += [_plural(len(report.expired), "waiver") + " past its date"] * bool(report.expired)
    told = f"Policies: {', '.join(words) or 'nothing found'}"
    if report.unknown:
        values = "1 value is" if len(report.unknown) == 1 else f"{len(report.unknown)} values are"
        told += f"; {values} known only when made, and looked at then"
    if report.not_run:
        told += f"; {_plural(report.not_run, 'policy', 'policies')} of the company's folder not run"
    return f"{told}."


def render_policy(policy: Policy, package: str | None) -> str:
    """One policy as `policy show` has it."""
    lines = [policy.name, "", f"  {policy.wants}", f"  {policy.why}", ""]
    by_profile = "".join(f", {severity} in {profile}" for profile, severity in policy.by_profile.items())
    facts = {
        "severity": f"{policy.severity}{by_profile}",
        "looks at": ", ".join(policy.types),
        "remedy": policy.remedy,
        "setting": policy.setting,
        "sources": "; ".join(policy.sources),
        "package": package or "",
    }
    lines += [f"  {key:<9} {value}" for key, value in facts.items() if value]
    for name, default in policy.parameters.items():
        lines.append(f"  parameter {name}, {_default(default)}: {policy.about_parameters.get(name, '')}")
    lines.append("")
    for word, examples in (("broken by", policy.breaks), ("kept by", policy.keeps)):
        example = examples[0]
        lines.append(f"  {word}")
        lines += [f"    {one.name} ({one.type})  {dict(one.inputs)}" for one in example.resources]
        if example.outputs:
            lines.append(f"    outputs  {dict(example.outputs)}")
    return "\n".join(lines)


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}] if nothing is said" if value else "empty if nothing is said"
    return f"{value} if nothing is said"


def _by_rule(findings: list[Finding]) -> list[list[Finding]]:
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.rule, []).append(finding)
    return list(grouped.values())


def _rule(findings: list[Finding], style: Style) -> Iterator[str]:
    first = findings[0]
    yield style.paint(f"{first.severity}: ", *_STYLES[first.severity]) + style.paint(
        f"{first.rule}: {first.wants}", "bold"
    )
    if first.line:
        yield "  " + style.paint(f"{first.file}:{first.line}", "blue")
    for one in findings:
        where = f"{one.resource}.{one.path}" if one.path else one.resource
        yield f"  {where}: {one.detail}"
    yield "  " + style.paint("hint: ", "yellow") + first.remedy
    yield "  " + style.paint("; ".join(first.sources), "dim")


def _waiver(what: str, waiver: Waiver, style: Style) -> str:
    head = style.paint("warning: ", *_STYLES["warning"]) + style.paint(f"A waiver is {what}.", "bold")
    place = "  " + style.paint(waiver.place, "blue")
    until = waiver.expires.isoformat()
    return (
        f"{head}\n{place}\n  `{waiver.rule}` for `{waiver.resource}` until {until} by {waiver.owner}: {waiver.reason}"
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if word == "advice" else _plural(number, word)


def _plural(number: int, one: str, many: str = "") -> str:
    return f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"
