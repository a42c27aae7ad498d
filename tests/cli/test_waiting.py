"""``up --wait``: two jobs on one stack take turns, and the one that waits says for whom."""

from __future__ import annotations

import pytest

from mlops_iac.cli import waiting
from mlops_iac.core.errors import MlopsError, StateError
from mlops_iac.engine.event import Result

DONE = Result(steps=(), changes={"same": 1}, outputs={}, seconds=0.1)
HELD = StateError(waiting.HELD, "`a-dev` is being changed by process 7 of ci on runner-1, since 10:00.")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE", 0.0)


def busy(times: int, *, raised: bool) -> object:
    left = [HELD] * times

    def operation() -> Result:
        if not left:
            return DONE
        error = left.pop()
        if raised:
            raise error
        return Result(steps=(), changes={}, outputs={}, seconds=0.1, outcome="failed", error=error)

    return operation


@pytest.mark.parametrize("raised", [True, False], ids=["our engine raises", "Pulumi's tells it in the result"])
def test_it_goes_on_when_the_other_is_done(raised: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert waiting.in_turn(busy(3, raised=raised), 1) is DONE
    assert capsys.readouterr().err == f"Waiting: {HELD.detail}\n"  # once, not each time


def test_without_waiting_it_fails_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StateError):
        waiting.in_turn(busy(1, raised=True), 0)
    assert waiting.in_turn(busy(1, raised=False), 0).error is HELD
    assert capsys.readouterr().err == ""


def test_another_error_is_not_waited_for() -> None:
    def operation() -> Result:
        raise MlopsError("Something else.")

    with pytest.raises(MlopsError, match="Something else"):
        waiting.in_turn(operation, 60)
