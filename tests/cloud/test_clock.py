"""The cloud's clock, and the machine's beside it."""

from __future__ import annotations

import sys
import time
import types

import pytest

from mlops_iac.cloud.clock import machine_time


def test_the_machines_time_is_told_while_another_thread_begins_to_move_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "time_machine", types.ModuleType("time_machine"))  # as far as an import has come
    assert machine_time() == pytest.approx(time.time(), abs=1)
