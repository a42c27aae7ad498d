"""This machine's clock: AWS refuses requests that are signed more than five minutes away from its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import NotLookedAt, Subject

REFUSED = 300
"""Seconds. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"""
ODD = 60
FIX = "let the clock be set by the network (NTP): `timedatectl set-ntp true` on Linux."


def check(subject: Subject) -> Iterator[Finding]:
    told = _date(subject.caller)
    if told is None:
        raise NotLookedAt("the answer of AWS has no date")
    seconds = (now() - told).total_seconds()
    if abs(seconds) < ODD:
        yield passed("the clock agrees with AWS's")
        return
    says = f"the clock is {abs(seconds):,.0f} seconds {'ahead' if seconds > 0 else 'behind'}"
    yield failed(f"{says}; AWS refuses requests", FIX) if abs(seconds) >= REFUSED else warned(says, FIX)


def now() -> datetime:
    return datetime.now(UTC)


def _date(answer: object) -> datetime | None:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}) if isinstance(answer, dict) else {}
    return parsedate_to_datetime(headers["date"]) if headers.get("date") else None
