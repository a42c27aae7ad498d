"""Targets for tests that deploy to each of them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from mlops_iac.pipelines.compile import TARGETS

BY_NIGHT: Final = frozenset({"airflow"})
"""Targets whose environments take too long to start, and whose steps too long to be seen as done, for every test of
every change: `tests/e2e/test_every_orchestrator.py` runs them then."""

EACH_TARGET: Final[list[Any]] = [
    pytest.param(target, marks=pytest.mark.nightly if target in BY_NIGHT else ()) for target in TARGETS
]
"""For ``params=``: every target, some of them by night."""
