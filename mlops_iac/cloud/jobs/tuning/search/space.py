"""The space that a tuning job searches: one dimension for each hyperparameter, each with a way to the unit interval.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Final

Values = dict[str, str]
"""One choice: hyperparameter to its value, as text, which is what a training job takes."""

DECADES: Final = 3.0
"""Where AWS chooses the scale (``Auto``) and does not say how, a positive range over more decades than this is searched
on a logarithmic one."""


@dataclass(frozen=True)
class Scale:
    to: Callable[[float], float]
    back: Callable[[float], float]


_LINEAR: Final = Scale(lambda x: x, lambda y: y)
_LOGARITHMIC: Final = Scale(math.log, math.exp)
_REVERSED: Final = Scale(lambda x: -math.log1p(-x), lambda y: -math.expm1(-y))
"""For ranges close below one, such as momentum: 0.9, 0.99 and 0.999 are equally far apart."""
_SCALES: Final = {"Linear": _LINEAR, "Logarithmic": _LOGARITHMIC, "ReverseLogarithmic": _REVERSED}


@dataclass(frozen=True)
class Number:
    """An integer or a decimal between two bounds, both included."""

    name: str
    low: float
    high: float
    scale: Scale
    whole: bool

    @property
    def size(self) -> float:
        return self.high - self.low + 1 if self.whole else (math.inf if self.high > self.low else 1)

    @property
    def width(self) -> int:
        return 1

    def holds(self, value: str) -> bool:
        try:
            return self.low <= float(value) <= self.high
        except ValueError:
            return False

    def at(self, unit: float) -> str:
        """The value at a place in the unit interval. An integer's neighbours have equal shares of it."""
        margin = 0.5 if self.whole and self.scale is _LINEAR else 0.0
        low, high = self.scale.to(self.low - margin), self.scale.to(self.high + margin)
        value = min(max(self.scale.back(low + unit * (high - low)), self.low), self.high)
        return str(round(value)) if self.whole else repr(value)

    def coordinates(self, value: str) -> list[float]:
        low, high = self.scale.to(self.low), self.scale.to(self.high)
        return [(self.scale.to(float(value)) - low) / (high - low) if high > low else 0.0]


@dataclass(frozen=True)
class Choice:
    """One of several words. As coordinates each word is an axis of its own: no two are nearer than others."""

    name: str
    values: tuple[str, ...]

    @property
    def size(self) -> float:
        return len(self.values)

    @property
    def width(self) -> int:
        return len(self.values)

    def holds(self, value: str) -> bool:
        return value in self.values

    def at(self, unit: float) -> str:
        return self.values[min(int(unit * len(self.values)), len(self.values) - 1)]

    def coordinates(self, value: str) -> list[float]:
        return [math.sqrt(0.5) if value == each else 0.0 for each in self.values]


@dataclass(frozen=True)
class Space:
    dimensions: tuple[Number | Choice, ...]

    @property
    def size(self) -> float:
        """How many choices there are; infinite with a decimal."""
        return math.prod(dimension.size for dimension in self.dimensions)

    def holds(self, values: Values) -> bool:
        """Whether a choice, of another tuning perhaps, lies in here."""
        return all(one.name in values and one.holds(values[one.name]) for one in self.dimensions)

    def draw(self, random: Random) -> Values:
        return {dimension.name: dimension.at(random.random()) for dimension in self.dimensions}

    def coordinates(self, values: Values) -> list[float]:
        """Where a choice lies: at most one away from any other along each dimension."""
        return [place for one in self.dimensions for place in one.coordinates(values[one.name])]

    def grid(self) -> list[Values]:
        """Every combination of the words."""
        words = [one.values for one in self.dimensions if isinstance(one, Choice)]
        return [dict(zip((one.name for one in self.dimensions), each, strict=True)) for each in product(*words)]


def read_space(ranges: Mapping[str, Any]) -> Space:
    """From ``ParameterRanges``. Raises ValueError with what SageMaker refuses."""
    found: list[Number | Choice] = [
        *(_number(one, whole=True) for one in ranges.get("IntegerParameterRanges", ())),
        *(_number(one, whole=False) for one in ranges.get("ContinuousParameterRanges", ())),
        *(Choice(one["Name"], tuple(one["Values"])) for one in ranges.get("CategoricalParameterRanges", ())),
    ]
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"The hyperparameters [{', '.join(twice)}] have more than one range.")
    if not found:
        raise ValueError("There is no range to search: specify at least one hyperparameter range.")
    return Space(tuple(sorted(found, key=lambda one: one.name)))


def _number(asked: Mapping[str, str], *, whole: bool) -> Number:
    name = asked["Name"]
    try:
        low, high = (float(int(asked[end]) if whole else float(asked[end])) for end in ("MinValue", "MaxValue"))
    except ValueError:
        kind = "integers" if whole else "numbers"
        raise ValueError(f"The bounds of {name} must be {kind}: {asked['MinValue']}, {asked['MaxValue']}.") from None
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        raise ValueError(
            f"MinValue of {name} must be less than its MaxValue: {asked['MinValue']}, {asked['MaxValue']}."
        )
    return Number(name, low, high, _scale(name, asked.get("ScalingType", "Auto"), low, high), whole)


def _scale(name: str, asked: str, low: float, high: float) -> Scale:
    if asked == "Auto":
        return _LOGARITHMIC if low > 0 and math.log10(high / low) > DECADES else _LINEAR
    if asked == "Logarithmic" and low <= 0:
        raise ValueError(f"A logarithmic scale needs values above 0; MinValue of {name} is {low:g}.")
    if asked == "ReverseLogarithmic" and not 0 <= low < high < 1:
        raise ValueError(f"A reverse logarithmic scale needs 0 <= values < 1; {name} has {low:g} to {high:g}.")
    return _SCALES[asked]
