"""Programs that do not end, a person who presses Ctrl-C, and a second time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import Cancelled, PlanError
from mlops_iac.engine.event import Diagnostic
from mlops_iac.engine.program import program as running
from tests.engine.conftest import Stack
from tests.engine.fake_provider import FakeCloud
from tests.engine.programs import Box, Thing

CHECKOUT = Path(__file__).parents[2]

Options = pulumi.ResourceOptions


def press_ctrl_c(*seconds: float) -> None:
    for after in seconds:
        threading.Timer(after, lambda: os.kill(os.getpid(), signal.SIGINT)).start()


def test_a_program_that_waits_for_itself_is_told_which_resources_wait(stack: Stack) -> None:
    """A circle through a component's children hangs in Pulumi."""

    def circle() -> None:
        box = Box("box")
        a = Thing("a", opts=Options(depends_on=[box]), label="a")
        Thing("b", opts=Options(parent=box), label="b", source=a.arn)

    for operation in (stack.preview, stack.up):
        result = operation(circle)
        assert isinstance(result.error, PlanError)
        assert "The program waits for itself" in str(result.error)
        assert "a (fake:index:Thing)" in str(result.error)
        assert "b (fake:index:Thing)" in str(result.error)
        assert stack.cloud.changing_calls() == []


def test_a_program_that_waits_for_something_else_is_waited_for(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer, a thread of its own: nothing stands still."""
    monkeypatch.setattr(running, "PATIENCE", 0.3)
    monkeypatch.setattr(running, "LOOK", 0.05)

    def program() -> None:
        import asyncio

        async def timer() -> str:
            await asyncio.sleep(0.8)
            return "later"

        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()
        threading.Timer(0.8, lambda: loop.call_soon_threadsafe(future.set_result, "elsewhere")).start()
        Thing("a", label="a", word=pulumi.Output.from_input(timer()))
        Thing("b", label="b", word=pulumi.Output.from_input(future))

    stack.up(program)
    assert (stack.cloud.things["a"]["word"], stack.cloud.things["b"]["word"]) == ("later", "elsewhere")


def test_ctrl_c_ends_a_program_that_never_ends(stack: Stack) -> None:
    def endless() -> None:
        import asyncio

        async def never() -> str:
            while True:
                await asyncio.sleep(0.05)

        Thing("a", label="a")
        Thing("b", label="b", word=pulumi.Output.from_input(never()))

    stack.up(lambda: Thing("old", label="old"))
    press_ctrl_c(0.5)
    began = time.monotonic()
    result = stack.up(endless, skip_preview=True)
    assert time.monotonic() - began < 5
    assert result.outcome == "cancelled"
    assert isinstance(result.error, Cancelled)
    assert result.error.detail == "Nothing was in flight. What was done before is recorded."
    assert said(stack) == ["Stopping: nothing is in flight, and nothing more is begun."]
    assert {"a", "old"} <= set(stack.cloud.things), "nothing is deleted because the program was stopped"
    assert {"a", "old"} <= set(stack.records())


def test_what_is_in_flight_is_promised_only_when_something_is(stack: Stack) -> None:
    stack.cloud.slow["create", "a"] = 0.8
    press_ctrl_c(0.3)
    result = stack.up(lambda: Thing("a", label="a"), skip_preview=True)
    assert isinstance(result.error, Cancelled)
    assert result.error.detail == "What was in flight is finished and recorded."
    (told,) = said(stack)
    assert told.startswith("Stopping: what is in flight is finished and recorded.")
    assert "a" in stack.records()


def said(stack: Stack) -> list[str]:
    return [one.message for one in stack.events if isinstance(one, Diagnostic) and one.severity == "info"]


def test_a_second_ctrl_c_stops_at_once_and_names_what_is_left_unknown(stack: Stack) -> None:
    stack.cloud.slow["create", "a"] = 3
    press_ctrl_c(0.3, 0.8)
    began = time.monotonic()
    with pytest.raises(Cancelled) as raised:
        stack.up(lambda: Thing("a", label="a"))
    assert time.monotonic() - began < 2.5
    assert "the create of a (fake:index:Thing)" in str(raised.value)
    snapshot = stack.store.get("dev")
    assert [pending.kind for pending in snapshot.pending.values()] == ["creating"]
    time.sleep(3.2 - (time.monotonic() - began))
    assert len(stack.store.get("dev").pending) == 1, "a call that comes back late writes nothing"
    stack.cloud.slow.clear()
    assert stack.up(lambda: Thing("a", label="a")).outcome == "succeeded"
    assert ("find", "a") in stack.cloud.calls
    assert stack.cloud.changing_calls() == []


def test_a_program_that_blocks_is_ended_by_the_second_ctrl_c(stack: Stack) -> None:
    def blocking() -> Any:
        time.sleep(30)

    press_ctrl_c(0.2, 0.5)
    began = time.monotonic()
    with pytest.raises(Cancelled):
        stack.up(blocking)
    assert time.monotonic() - began < 5
    assert stack.up(lambda: None).outcome == "succeeded", "the lock is free"


def test_a_deletion_is_left_unknown_by_a_second_ctrl_c_too(stack: Stack) -> None:
    stack.up(lambda: Thing("a", label="a"))
    stack.cloud.slow["delete", "a"] = 2
    press_ctrl_c(0.3, 0.6)
    began = time.monotonic()
    with pytest.raises(Cancelled) as raised:
        stack.destroy()
    assert time.monotonic() - began < 1.8
    assert "the delete of a" in str(raised.value)
    time.sleep(2.2 - (time.monotonic() - began))
    stack.cloud.slow.clear()
    assert stack.destroy().outcome == "succeeded"
    assert list(stack.store.get("dev")) == []


def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored(stack: Stack) -> None:
    """As under `nohup`, or in a shell's background job."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stack.cloud.slow["create", "a"] = 0.5
        press_ctrl_c(0.2)
        assert stack.up(lambda: Thing("a", label="a")).outcome == "succeeded"
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


TOLD_TO_END = """
import sys
from pathlib import Path
from mlops_iac.engine.values import secrets
secrets.ROUNDS = 10
from tests.engine.conftest import Stack
from tests.engine.fake_provider import FakeCloud
from tests.engine.test_stopping import two_in_a_row

stack = Stack(Path(sys.argv[1]) / "state")
stack.cloud = FakeCloud(Path(sys.argv[1]) / "cloud.json")
stack.cloud.slow["create", "a"] = 1.5
real = stack.cloud.called

def called(call, label):
    print(call, label, flush=True)
    real(call, label)

stack.cloud.called = called
print(stack.up(two_in_a_row).outcome, flush=True)
"""


def two_in_a_row() -> None:
    a = Thing("a", label="a")
    Thing("b", label="b", source=a.arn)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_told_to_end_finishes_what_is_in_flight(tmp_path: Path, sign: signal.Signals) -> None:
    (tmp_path / "state").mkdir()
    command = [sys.executable, "-c", TOLD_TO_END, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "create a\n"
        process.send_signal(sign)
        assert process.communicate(timeout=60)[0] == "cancelled\n"
    assert process.returncode == 0
    stack = Stack(tmp_path / "state")
    stack.cloud = FakeCloud(tmp_path / "cloud.json")
    assert set(stack.cloud.things) == {"a"}
    assert stack.records()["a"].id == "a"
    assert stack.store.get("dev").pending == {}
    assert stack.up(two_in_a_row).outcome == "succeeded"
    assert stack.cloud.changing_calls() == [("create", "b")]
