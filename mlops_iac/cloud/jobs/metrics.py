"""Metrics that a training job prints, found by the regular expressions of its MetricDefinitions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlops_iac.cloud.jobs.records import now


class MetricReader:
    """Reads log lines; a metric's last value is the final one. A pattern that does not compile finds nothing.

    ``tell`` is called with each value as it is found.
    """

    def __init__(
        self, definitions: Sequence[Mapping[str, str]], tell: Callable[[str, float], None] | None = None
    ) -> None:
        self._tell = tell or (lambda name, value: None)
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        self._found: dict[str, tuple[float, datetime]] = {}
        for definition in definitions:
            with contextlib.suppress(re.error):
                self._patterns.append((definition["Name"], re.compile(definition["Regex"])))

    def read(self, line: str) -> None:
        for name, pattern in self._patterns:
            match = pattern.search(line)
            if match and match.groups():
                with contextlib.suppress(TypeError, ValueError):
                    value = float(match[1])
                    self._found[name] = (value, now())
                    self._tell(name, value)

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": moment}
            for name, (value, moment) in sorted(self._found.items())
        ]
