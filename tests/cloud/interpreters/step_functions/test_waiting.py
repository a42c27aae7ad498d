"""Waiting is being told: no polling of jobs, and no wait goes on when what it waited for has happened."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from mlops_iac.cloud.bells import Bells
from mlops_iac.cloud.interpreters.step_functions import waiting

KEY = ("endpoint", "123456789012", "eu-west-1", "ours")


@pytest.fixture
def bells(monkeypatch):
    bells = Bells()
    monkeypatch.setattr(waiting.CALLING, "gateway", SimpleNamespace(bells=bells), raising=False)
    return bells


@pytest.fixture
def env():
    running = [True]
    return SimpleNamespace(is_running=lambda: running[0], stop=lambda: running.__setitem__(0, False))


def test_hundreds_of_tasks_that_wait_ask_a_few_times_each_and_end_when_told(bells, env):
    """At five looks a second these would be 275 x 5 looks each second."""
    looks, done, ended = [], threading.Event(), []

    def wait(number: int) -> None:
        def look() -> bool:
            looks.append(number)
            return done.is_set()

        waiting.wait_for_end(env, look, ("training-job", "1", "r", str(number)))
        ended.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(275)]
    before = time.process_time()
    for thread in threads:
        thread.start()
    time.sleep(3)
    asked = len(looks)
    spent = time.process_time() - before
    done.set()
    for number in range(275):
        bells.ring(("training-job", "1", "r", str(number)))
    for thread in threads:
        thread.join(5)
    assert len(ended) == 275
    assert asked <= 275 * 5
    assert spent < 1.5, f"{spent:.2f} s of CPU in three seconds of waiting"


def test_a_ring_between_the_look_and_the_sleep_is_not_lost(bells, env):
    answers = iter([False, True])

    def look() -> bool:
        answer = next(answers)
        if not answer:
            bells.ring(KEY)
        return answer

    before = time.monotonic()
    assert waiting.wait_for_end(env, look, KEY)
    assert time.monotonic() - before < waiting.POLL


def test_a_stopped_execution_stops_waiting(bells, env):
    threading.Timer(0.1, env.stop).start()
    before = time.monotonic()
    assert waiting.wait_for_end(env, lambda: False, KEY) is None
    assert time.monotonic() - before < 2 * waiting.LISTEN


def test_a_bell_that_nobody_holds_is_forgotten(bells):
    bells.bell(KEY)
    bells.ring(KEY)
    assert not bells._bells


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"EndpointName": "e"}, ("endpoint", "123456789012", "eu-west-1", "e")),
        ({"training_job_name": "t", "Other": 1}, ("training-job", "123456789012", "eu-west-1", "t")),
        ({"Bucket": "b"}, None),
    ],
)
def test_a_call_is_about_what_its_parameters_name(parameters, key):
    assert waiting.find_key(parameters, "eu-west-1", None) == key


def test_a_call_that_reads_hangs_its_bell_up_before_it_and_one_that_changes_after(bells, env):
    with waiting.asking(env, KEY, reads=True):
        bells.ring(KEY)
    assert env.awaited.is_set(), "it changed while it was read: look again at once"
    with waiting.asking(env, KEY, reads=False):
        bells.ring(KEY)
    assert not env.awaited.is_set(), "its own change is no news"
