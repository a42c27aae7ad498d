"""When a trial that is not promising is stopped, by the values that its objective had so far."""

from __future__ import annotations

from statistics import median
from typing import Final, Protocol

_KEPT: Final = 3
"""One in so many goes on to the next rung."""


class Stopper(Protocol):
    def sees(self, trial: str, value: float) -> bool:
        """A trial's objective has a new value, of which more is better; True when the trial is to end."""


class Never:
    def sees(self, trial: str, value: float) -> bool:
        return False


class Median:
    """AWS's early stopping: a trial ends whose value is below the median of what others had on average by then.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-early-stopping.html
    """

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def sees(self, trial: str, value: float) -> bool:
        own = self._values.setdefault(trial, [])
        own.append(value)
        step = len(own)
        others = [seen[:step] for name, seen in self._values.items() if name != trial and len(seen) >= step]
        return bool(others) and value < median(sum(seen) / len(seen) for seen in others)


class Hyperband:
    """Successive halving without waiting: at each rung a trial goes on that is in the best third of those there.

    One bracket of Hyperband, whose rungs are ``least``, 3 * ``least``, … up to ``most`` values of the objective; the
    best of few trials are not known yet, so the first two at a rung go on. A trial ends at ``most``.
    """

    def __init__(self, least: int, most: int) -> None:
        self._most = most
        self._rungs: dict[int, list[float]] = {}
        self._counts: dict[str, int] = {}
        while least < most:
            self._rungs[least] = []
            least *= _KEPT

    def sees(self, trial: str, value: float) -> bool:
        count = self._counts[trial] = self._counts.get(trial, 0) + 1
        if count >= self._most:
            return True
        if count not in self._rungs:
            return False
        there = self._rungs[count]
        there.append(value)
        return sum(other > value for other in there) >= max(1, len(there) // _KEPT) and len(there) >= _KEPT
