"""Who answers the next request, in proportion to weights and without chance: a tenth is each tenth request."""

from __future__ import annotations

import threading
from collections.abc import Sequence


class Turns:
    """Smooth weighted round robin: each gains its weight, who has most is chosen and pays the sum of all.

    AWS chooses by chance; the shares are the same, and a test can count them.
    """

    def __init__(self) -> None:
        self._gained: list[float] = []
        self._lock = threading.Lock()

    def next(self, weights: Sequence[float]) -> int:
        """The index of the one whose turn it is; equal shares when all weights are 0."""
        weights = weights if sum(weights) > 0 else [1.0] * len(weights)
        with self._lock:
            if len(self._gained) != len(weights):
                self._gained = [0.0] * len(weights)
            self._gained = [gained + weight for gained, weight in zip(self._gained, weights, strict=True)]
            turn = max(range(len(weights)), key=lambda index: self._gained[index])
            self._gained[turn] -= sum(weights)
        return turn
