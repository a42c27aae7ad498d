"""The collector of a command rests while a program runs; what a large run leaves is collected before the next."""

from __future__ import annotations

import gc

import pytest

from mlops_iac.core import collector
from mlops_iac.engine.program import program


def test_a_run_within_a_run_keeps_the_collector_off_until_the_outer_one_ends() -> None:
    assert gc.isenabled()
    with program._no_collector:
        with program._no_collector:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_a_large_run_leaves_is_collected_when_another_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    monkeypatch.setattr(program, "LEFT", 1000)
    rests = program._NoCollector()
    with rests:
        kept = [[number] for number in range(10)]
    with rests:
        assert collected == []
        kept = [[number] for number in range(5000)]
    with rests:
        assert collected == [1]
    assert len(kept) == 5000


def test_a_command_looks_for_garbage_seldom() -> None:
    before = gc.get_threshold()
    try:
        collector.let_rest()
        assert gc.get_threshold()[0] == collector.OBJECTS
    finally:
        gc.set_threshold(*before)


@pytest.mark.parametrize("on", [True, False])
def test_after_a_pause_it_is_as_it_was(on: bool) -> None:
    try:
        gc.enable() if on else gc.disable()
        with collector.paused():
            assert not gc.isenabled()
        assert gc.isenabled() is on
    finally:
        gc.enable()
