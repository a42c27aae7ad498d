"""Amounts of money in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.core.prices import Money
from mlops_iac.cost.bill import CostChange


def dollars(amount: float) -> str:
    """``0`` only for nothing: a tenth of a cent is less than a cent."""
    if not amount:
        return "0"
    return f"{amount:,.2f}" if amount >= 0.01 else "< 0.01"


def between(money: Money) -> str:
    low, high = f"{money.low:,.2f}", f"{money.high:,.2f}"
    return low if low == high else f"{low} to {high}"


def cost_in_words(change: CostChange) -> str:
    """``7.82 → 9.10 (+1.28, +16 %)``: US dollars a month, with the use assumed. An amount that stays is said once."""
    becomes = dollars(change.becomes)
    if change.before is None:
        return becomes
    was, more = dollars(change.was), change.becomes - change.was
    if not change.is_comparable:
        return f"{was} → {becomes}, and what has no price here"
    if was == becomes:
        return becomes
    share = f", {change.increase:+,.0%}".replace("%", " %") if change.increase is not None else ""
    return f"{was} → {becomes} ({more:+,.2f}{share})".replace("-", "−")


def unpriced_in_words(unpriced: tuple[str, ...]) -> str:
    """A sentence; empty when everything has a price."""
    return f"No price is known here of {', '.join(unpriced)}: that comes on top." if unpriced else ""


def value_in_words(value: Mapping[str, Any], costs: float) -> str:
    """``Expected to bring 5,000.00 US dollars a month (churn, for Retail): it costs 0.20 % of that.``; empty where
    nothing is said of it."""
    what = ", for ".join(filter(None, (value.get("use_case"), value.get("owner"))))
    expected = value.get("expected_usd_a_month")
    if not expected:
        return f"It is for {what}; nobody says what it is expected to bring." if what else ""
    said = f" ({what})" if what else ""
    return f"Expected to bring {expected:,.2f} US dollars a month{said}: it costs {share(costs / expected)} of that."


def share(part: float) -> str:
    """``0.2`` as ``20.00 %``; a little is not nothing."""
    return f"{dollars(100 * part)} %"
