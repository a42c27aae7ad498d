"""Findings in SARIF 2.1.0, which code hosts show beside the lines of a pull request.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html; what GitHub reads of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.core.severity import Severity
from mlops_iac.policy.finding import Finding, Report
from mlops_iac.policy.settings import Waiver

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
ROOT: Final = "PROJECTROOT"
EXPIRED: Final = "waiver-past-its-date"


def render_sarif(reports: Mapping[str, Report]) -> dict[str, Any]:
    """One run over all stacks, by their names. A finding that is waived is there, as suppressed."""
    rules: dict[str, dict[str, Any]] = {}
    results = []
    for stack, report in reports.items():
        for waiver in report.expired:
            rules.setdefault(EXPIRED, _expired_rule())
            results.append(_expired(waiver))
        for finding in report.findings:
            rules.setdefault(finding.rule, _rule(finding))
            results.append(_result(finding, stack))
    numbers = {name: number for number, name in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = numbers[result["ruleId"]]
    driver = {"name": "mlops-iac", "rules": list(rules.values())}
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that holds Pulumi.yaml."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.rule,
        "shortDescription": {"text": finding.wants},
        "help": {"text": f"{finding.remedy} ({'; '.join(finding.sources)})"},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {"tags": list(finding.sources)},
    }


def _result(finding: Finding, stack: str) -> dict[str, Any]:
    where = f"{finding.resource}.{finding.path}" if finding.path else finding.resource
    location: dict[str, Any] = {
        "logicalLocations": [{"name": finding.resource, "fullyQualifiedName": finding.urn, "kind": "resource"}]
    }
    if finding.file:
        location["physicalLocation"] = _physical(finding.file, finding.line)
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{where}: {finding.detail} {finding.remedy[:1].upper()}{finding.remedy[1:]}"},
        "locations": [location],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {"stack": stack},
    }
    if finding.waiver is not None:
        waiver = finding.waiver
        said = f"{waiver.reason} ({waiver.owner}, until {waiver.expires.isoformat()})"
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": said}]
    return told


def _fingerprint(finding: Finding) -> str:
    """The same finding in two runs, whatever line the stack file has it on."""
    return hashlib.sha256("\n".join((finding.rule, finding.urn, finding.path)).encode()).hexdigest()[:32]


def _expired_rule() -> dict[str, Any]:
    return {"id": EXPIRED, "shortDescription": {"text": "A waiver is past its date."}}


def _expired(waiver: Waiver) -> dict[str, Any]:
    until = waiver.expires.isoformat()
    said = f"`{waiver.rule}` was waived for `{waiver.resource}` until {until} by {waiver.owner}: {waiver.reason}"
    location = {"physicalLocation": _physical(waiver.file, waiver.line)} if waiver.file else {"id": 0}
    return {"ruleId": EXPIRED, "level": "error", "message": {"text": said}, "locations": [location]}


def _physical(file: str, line: int) -> dict[str, Any]:
    found: dict[str, Any] = {"artifactLocation": {"uri": file, "uriBaseId": ROOT}}
    return found | ({"region": {"startLine": line}} if line else {})
