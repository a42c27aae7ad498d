"""What goes wrong, and what is true afterwards."""

from __future__ import annotations

import _thread
import signal
import threading
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import Cancelled, CloudError, StateError
from tests.engine.conftest import Stack, errors, ops
from tests.engine.programs import Box, Thing

Options = pulumi.ResourceOptions
DENIED = CloudError("Denied.", "no right to do this", code="AccessDenied")


def program() -> None:
    """``c`` stands on ``b``, which stands on ``a``; ``d`` stands alone."""
    box = Box("box")
    a = Thing("a", opts=Options(parent=box), label="a")
    b = Thing("b", opts=Options(parent=box), label="b", source=a.arn)
    Thing("c", opts=Options(parent=box, depends_on=[b]), label="c")
    Thing("d", label="d")
    box.register_outputs({"arn": b.arn})
    pulumi.export("a", a.arn)
    pulumi.export("b", b.arn)


def test_after_a_failure_nothing_more_is_started(stack: Stack) -> None:
    """Pulumi's default."""
    stack.parallel = 1

    def two() -> None:
        a = Thing("a", label="a")
        Thing("b", opts=Options(depends_on=[a]), label="b")
        Thing("c", opts=Options(depends_on=[a]), label="c")

    stack.up(lambda: Thing("old", label="old"))
    stack.cloud.fails["create", "b"] = DENIED
    result = stack.up(two)
    assert errors(result) == [str(DENIED)]
    assert stack.cloud.calls == [("create", "a"), ("create", "b")]
    assert set(stack.cloud.things) == {"a", "old"}
    assert {"a", "old"} <= set(stack.records())


def test_with_continue_on_error_what_does_not_stand_on_the_failed_one_is_finished(stack: Stack) -> None:
    stack.cloud.fails["create", "b"] = DENIED
    result = stack.up(program, continue_on_error=True)
    assert result.outcome == "failed"
    assert errors(result) == [str(DENIED)]
    assert set(stack.cloud.things) == {"a", "d"}
    assert {"a", "d", "box"} <= set(stack.records())
    assert not {"b", "c"} & set(stack.records())
    assert stack.store.get("dev").pending == {}


def test_the_next_up_continues(stack: Stack) -> None:
    stack.cloud.fails["create", "b"] = DENIED
    stack.up(program)
    stack.cloud.fails.clear()
    result = stack.up(program)
    assert result.outcome == "succeeded"
    assert stack.cloud.calls == [("create", "b"), ("create", "c")]
    assert set(result.outputs) == {"a", "b"}


def test_outputs_of_the_last_success_stay_known(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.fails["update", "b"] = DENIED

    def changed() -> None:
        a = Thing("a", opts=Options(parent=Box("box")), label="a")
        b = Thing("b", opts=Options(parent=a), label="b", size=2)
        pulumi.export("b", b.arn)
        pulumi.export("new", "known")

    # `b` has moved, so it is another resource, whose creation fails: its name is taken.
    result = stack.up(changed)
    assert result.outcome == "failed"
    assert stack.store.outputs("dev") == {"a": "arn:fake:a", "b": "arn:fake:b", "new": "known"}


def test_a_failed_update_leaves_the_old_inputs_in_state(stack: Stack) -> None:
    stack.up(lambda: Thing("a", label="a", size=1))
    stack.cloud.fails["update", "a"] = DENIED
    assert stack.up(lambda: Thing("a", label="a", size=2)).outcome == "failed"
    assert stack.records()["a"].inputs["size"] == 1
    stack.cloud.fails.clear()
    assert stack.up(lambda: Thing("a", label="a", size=2)).changes == {"update": 1, "same": 1}


def test_a_failed_deletion_keeps_what_it_stands_on_and_nothing_else(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.fails["delete", "b"] = CloudError("In use.", "by somebody")
    result = stack.deployment.destroy()
    assert result.outcome == "failed"
    assert set(stack.cloud.things) == {"a", "b"}
    assert {"a", "b", "box"} <= set(stack.records())
    assert not {"c", "d"} & set(stack.records())
    stack.cloud.fails.clear()
    assert stack.deployment.destroy().outcome == "succeeded"
    assert stack.cloud.things == {}


def test_a_program_that_raises_deletes_nothing(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    stack.up(program)

    class Mistake(Exception):
        pass

    def broken() -> None:
        Thing("e", label="e")
        raise Mistake("oops")

    result = stack.up(broken, skip_preview=True)
    assert isinstance(result.error, Mistake)
    assert result.outcome == "failed"
    assert set(stack.cloud.things) == {"a", "b", "c", "d", "e"}
    assert "e" in stack.records()
    assert stack.store.outputs("dev") == {"a": "arn:fake:a", "b": "arn:fake:b"}
    assert capfd.readouterr().err == ""


def test_an_apply_that_raises_is_the_programs_error(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        a = Thing("a", label="a")
        Thing("b", label=a.arn.apply(lambda arn: arn["no"]))

    result = stack.up(broken)
    assert isinstance(result.error, TypeError)
    assert "a" in stack.records()
    assert capfd.readouterr().err == ""


def test_with_continue_on_error_only_what_nothing_stands_on_is_deleted_after_a_failure(stack: Stack) -> None:
    def before() -> None:
        old = Thing("old", label="old")
        Thing("user", label="user", source=old.arn)
        Thing("alone", label="alone")

    def after() -> None:
        Thing("user", label="user", source="elsewhere")

    stack.up(before)
    stack.cloud.fails["update", "user"] = DENIED
    stack.up(after, continue_on_error=True)
    assert set(stack.cloud.things) == {"old", "user"}
    stack.cloud.fails.clear()
    stack.up(after)
    assert set(stack.cloud.things) == {"user"}


def test_ctrl_c_finishes_what_is_in_flight_and_starts_nothing_more(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.cloud.slow["create", "a"] = 0.2
    real, presses = stack.cloud.called, [signal.SIGINT]

    def called(call: str, label: str) -> None:
        if presses:
            _thread.interrupt_main(presses.pop())
        real(call, label)

    monkeypatch.setattr(stack.cloud, "called", called)

    def slow() -> None:
        a = Thing("a", label="a")
        Thing("b", label="b", source=a.arn)

    handler = signal.getsignal(signal.SIGINT)
    result = stack.up(slow)
    assert result.outcome == "cancelled"
    assert isinstance(result.error, Cancelled)
    assert set(stack.cloud.things) == {"a"}
    assert "a" in stack.records()
    assert stack.store.get("dev").pending == {}
    assert signal.getsignal(signal.SIGINT) is handler
    assert stack.up(slow).outcome == "succeeded"


def test_ctrl_c_stops_a_destroy_between_two_deletions(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.slow["delete", "*"] = 0.15
    threading.Timer(0.1, lambda: _thread.interrupt_main(signal.SIGINT)).start()
    result = stack.deployment.destroy()
    assert result.outcome == "cancelled"
    assert set(stack.cloud.things) == set(stack.records()) & {"a", "b", "c", "d"}
    assert "a" in stack.cloud.things
    stack.cloud.slow.clear()
    assert stack.deployment.destroy().outcome == "succeeded"


def test_a_state_that_cannot_be_saved_stops_the_operation_before_the_call(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.up(lambda: Thing("a", label="a"))

    def full(file: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mlops_iac.engine.state.journal.os.write", full)
        result = stack.up(lambda: [Thing("a", label="a"), Thing("b", label="b")])
    assert result.outcome == "failed"
    assert "No space left" in str(result.error or result.failures[0].error)
    assert set(stack.cloud.things) == {"a"}
    assert "a" in stack.records()
    assert stack.up(lambda: [Thing("a", label="a"), Thing("b", label="b")]).outcome == "succeeded"


def test_two_operations_do_not_meet(stack: Stack) -> None:
    def nested() -> None:
        with pytest.raises(StateError, match="locked") as raised:
            stack.deployment.destroy()
        assert "process" in str(raised.value)

    stack.up(program)
    result = stack.up(nested)
    assert result.error is None
    assert stack.store.stacks() == ["dev"]


def test_a_stack_that_is_not_there_cannot_be_destroyed(stack: Stack) -> None:
    with pytest.raises(Exception, match="No such stack"):
        stack.deployment.destroy()


def test_no_value_of_a_secret_is_told(stack: Stack) -> None:
    def secretive() -> None:
        token = pulumi.Config().require_secret("token")
        a = Thing("a", label="a", token=token, nested={"deep": [token]})
        pulumi.export("token", token)
        pulumi.export("word", a.password)

    stack.up(secretive)
    told: Any = [stack.events, stack.preview(secretive), stack.events, stack.up(lambda: None), stack.events]
    assert "hunter2" not in repr(told)
    assert "word-of-a" not in repr(told)
    assert ops(stack.up(secretive)) == ["create a"]
