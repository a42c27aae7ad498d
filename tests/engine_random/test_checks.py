"""What watches the random programs is watched: it fails when it must."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import yaml

from mlops_iac.engine.state.journal import Journal
from tests.engine_random.trying import live, read_story
from tests.engine_random.watchdog import watched

CASES = Path(__file__).parent / "cases"


def test_a_program_that_hangs_is_a_failure_that_names_it() -> None:
    with pytest.raises(AssertionError, match="Hangs: the story"), watched("the story", 0.1):
        threading.Event().wait(30)


def test_an_engine_that_takes_a_lost_answer_for_a_refusal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_iac.engine.doing.carrying.is_unsure", lambda error: False)
    check_is_caught("the_answer_to_a_create_is_lost")


def test_an_engine_that_does_not_write_down_what_it_begins_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Journal._write
    monkeypatch.setattr(Journal, "_write", lambda self, line: None if "begin" in line else real(self, line))
    check_is_caught("cut_off_and_changed_by_hand_before_it_is_adopted")


def check_is_caught(case: str) -> None:
    story = read_story(yaml.safe_load((CASES / f"{case}.yaml").read_text("utf-8"))["story"])
    with pytest.raises(AssertionError):
        live(story)
