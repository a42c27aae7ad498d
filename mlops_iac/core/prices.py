"""What AWS asks: a dated table of list prices (``prices.json``), read without a network. What is not in it has no
price, which is not a price of 0. A table that a person has asked AWS for (`refreshed_prices.py`) goes before it.

Every part of the table says its date and its source. EC2 prices are those of us-east-1; SageMaker's own are known for
some types, for the rest EC2's times a markup; other regions are EC2's ratios to us-east-1. So an amount is a range.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from mlops_iac.core import refreshed_prices

HOME: Final = "us-east-1"
"""The region of the table."""

HOURS: Final = 730
"""Of a month, as AWS's own calculator counts them."""


DAYS: Final = HOURS / 24


@dataclass(frozen=True)
class Money:
    """US dollars: what it surely costs, what it costs most likely, what it costs at most."""

    low: float = 0.0
    usual: float = 0.0
    high: float = 0.0

    def __add__(self, other: Money) -> Money:
        return Money(self.low + other.low, self.usual + other.usual, self.high + other.high)

    def __mul__(self, times: float) -> Money:
        return Money(self.low * times, self.usual * times, self.high * times)

    def to_json(self) -> dict[str, float]:
        return {"low": round(self.low, 4), "usual": round(self.usual, 4), "high": round(self.high, 4)}


NOTHING: Final = Money()


def hourly(instance_type: str, region: str = HOME) -> Money | None:
    """An hour of a machine on demand: SageMaker's for ``ml.`` types, else EC2's. None when it is not in the table."""
    asked = refreshed_prices.find()
    if asked and (today := asked.hourly(instance_type, region)):
        return Money(today, today, today)
    table, ours = _table(), instance_type.startswith("ml.")
    exact = table["sagemaker"]["hourly"].get(instance_type) if ours else None
    plain = table["ec2"]["hourly"].get(instance_type.removeprefix("ml."))
    if exact is not None:
        return _scaled(exact, (1.0, 1.0, 1.0), region)
    if plain is None:
        return None
    return _scaled(plain, table["sagemaker"]["markup"]["usual"] if ours else (1.0, 1.0, 1.0), region)


def item(name: str, region: str = HOME) -> Money:
    """One unit of anything else: ``alarm``, ``s3``, ... KeyError when the table has no such item."""
    price = float(_table()["items"][name]["price"])
    return Money(price, price, price * max(1.0, _factors(region)[2]))


def dated_for(region: str) -> str:
    """The same of a region: a table that a person asked AWS for goes before the packaged one, with its age."""
    asked = refreshed_prices.find()
    if asked is None or region not in asked.regions:
        return dated()
    return f"{asked.as_of} of machines, {asked.age} old (`mlops-iac prices refresh`), and of {dated()} of the rest"


def dated() -> str:
    """How old the table is, in words: the oldest and the newest of its parts."""
    table = _table()
    dates = [table[part]["as_of"] for part in ("ec2", "sagemaker", "regions")]
    dates += [one["as_of"] for one in table["items"].values()]
    return f"{min(dates)[:4]} to {max(dates)[:7]}"


def sources() -> list[dict[str, str]]:
    """Every part of the table with its date and its source."""
    table = _table()
    parts = [{"part": part, **_dated(table[part])} for part in ("ec2", "sagemaker", "regions")]
    return parts + [{"part": name, **_dated(one)} for name, one in table["items"].items()]


def _dated(part: Any) -> dict[str, str]:
    return {"as_of": part["as_of"], "source": part["source"]}


def _scaled(price: float, markup: Any, region: str) -> Money:
    low, usual, high = (price * up * factor for up, factor in zip(markup, _factors(region), strict=True))
    return Money(low, usual, high)


def _factors(region: str) -> tuple[float, float, float]:
    """A region's prices against those of us-east-1. One that the table lacks may be any of those it has."""
    known = _table()["regions"]["factors"]
    if region in known:
        low, usual, high = known[region]
        return low, usual, high
    return (
        min(low for low, _, _ in known.values()),
        sorted(usual for _, usual, _ in known.values())[len(known) // 2],
        max(high for _, _, high in known.values()),
    )


@functools.cache
def _table() -> Any:
    return json.loads((resources.files(__package__) / "prices.json").read_text("utf-8"))
