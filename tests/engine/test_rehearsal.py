"""What a preview refuses, an `up` refuses as well, before the first call and the first record."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Diagnostic, Step, StepStarted
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Box, Thing


class Mistake(Exception):
    pass


def raises_late() -> None:
    first = Thing("first", label="first")
    box = Box("box")
    Thing("second", label=first.label, opts=pulumi.ResourceOptions(parent=box))
    raise Mistake("at the very end")


def refused_late() -> None:
    Thing("first", label="first")
    Thing("second", label="second", broken=True)


def unknown_option() -> None:
    Thing("first", label="first")
    Thing("second", label="second", opts=pulumi.ResourceOptions(plugin_download_url="https://example.org"))


def twice() -> None:
    Thing("first", label="first")
    Thing("first", label="second")


REFUSED = {"raises": raises_late, "input": refused_late, "option": unknown_option, "twice": twice}


@pytest.mark.parametrize("program", REFUSED.values(), ids=REFUSED)
def test_what_a_preview_refuses_leaves_no_call_and_no_stack(stack: Stack, program: Any) -> None:
    foreseen = stack.preview(program)
    result = stack.up(program)
    assert result.outcome == "failed"
    assert str(result.error) == str(foreseen.error)
    assert stack.cloud.calls == []
    assert stack.store.stacks() == []
    assert stack.events[-1].outcome == "failed"  # type: ignore[union-attr]


@pytest.mark.parametrize("program", REFUSED.values(), ids=REFUSED)
def test_a_deployed_stack_stays_as_it_is_when_its_next_program_is_refused(stack: Stack, program: Any) -> None:
    def deployed() -> None:
        Thing("gone", label="gone")
        Thing("first", label="before")

    stack.up(deployed)
    before, histories = stack.file.read_bytes(), len(stack.store.histories("dev"))
    result = stack.up(program)
    assert result.outcome == "failed"
    assert stack.cloud.calls == []
    assert stack.file.read_bytes() == before
    assert len(stack.store.histories("dev")) == histories
    assert set(stack.cloud.things) == {"before", "gone"}
    assert stack.up(deployed).changed is False


def test_a_rename_by_alias_is_not_recorded_when_the_program_is_refused(stack: Stack) -> None:
    stack.up(lambda: Thing("old", label="a"))

    def program() -> None:
        Thing("new", label="a", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")]))
        raise Mistake("no")

    assert isinstance(stack.up(program).error, Mistake)
    assert "old" in stack.records()


def test_skipping_the_preview_finds_half_way_what_is_wrong(stack: Stack) -> None:
    assert isinstance(stack.up(raises_late, skip_preview=True).error, Mistake)
    assert "first" in stack.records()


def test_a_program_that_changes_nothing_is_run_once(stack: Stack) -> None:
    runs: list[bool] = []

    def program() -> None:
        runs.append(pulumi.runtime.is_dry_run())
        box = Box("box")
        Thing("a", label="a", opts=pulumi.ResourceOptions(parent=box))

    stack.up(program)
    assert runs == [True, False], "a new stack is looked at as a whole before its program is run for real"
    runs.clear()
    assert stack.up(program).changed is False
    assert runs == [False]


def test_a_program_that_only_drops_something_is_run_once(stack: Stack) -> None:
    stack.up(lambda: (Thing("a", label="a"), Thing("b", label="b")))
    runs: list[bool] = []

    def program() -> None:
        runs.append(pulumi.runtime.is_dry_run())
        Thing("a", label="a")

    assert stack.up(program).changes["delete"] == 1
    assert runs == [False]


def test_a_change_is_carried_out_after_one_dry_run_whatever_is_registered_at_once(stack: Stack) -> None:
    runs: list[bool] = []

    def program(word: str) -> None:
        runs.append(pulumi.runtime.is_dry_run())
        for number in range(20):
            Thing(f"t{number}", label=f"t{number}", word=word)

    stack.up(lambda: program("x"))
    runs.clear()
    assert stack.up(lambda: program("y")).changes["update"] == 20
    assert sorted(runs) == [False, True]


def test_the_dry_run_is_silent(stack: Stack) -> None:
    def program() -> None:
        pulumi.log.warn("once")
        Thing("a", label="a")

    result = stack.up(program)
    assert [event.message for event in stack.events if isinstance(event, Diagnostic)] == ["once"]
    assert len([event for event in stack.events if isinstance(event, StepStarted)]) == len(result.steps) + 1
    assert ops(result) == ["create a"]


def test_a_call_that_fails_is_still_met_half_way(stack: Stack) -> None:
    stack.cloud.fails["create", "b"] = CloudError("Refused.", code="AccessDenied")

    def program() -> None:
        a = Thing("a", label="a")
        Thing("b", label="b", source=a.arn)

    result = stack.up(program)
    assert [str(failure.error) for failure in result.failures] == ["Refused."]
    assert "a" in stack.records()


def test_stopping_in_the_dry_run_changes_nothing(stack: Stack) -> None:
    begun = threading.Event()

    def program() -> None:
        Thing("a", label="a")
        if pulumi.runtime.is_dry_run():
            begun.set()
            stack_operation_cancel()

    def stack_operation_cancel() -> None:
        import signal

        signal.raise_signal(signal.SIGINT)

    result = stack.up(program)
    assert begun.is_set()
    assert result.outcome == "cancelled"
    assert stack.cloud.calls == []
    assert stack.store.stacks() == []


def forbid_lonely(steps: Sequence[Step], outputs: Mapping[str, Any]) -> None:
    """A rule over all that there will be: `a` has `b` beside it."""
    names = {step.name for step in steps}
    if "a" in names and "b" not in names:
        raise Mistake(f"a is alone, and the stack says {outputs.get('said')}")


def alone() -> None:
    Thing("a", label="a")
    pulumi.export("said", "so")


def test_what_an_inspection_forbids_is_never_begun(stack: Stack) -> None:
    result = stack.deployment.up(alone, inspect=forbid_lonely)
    assert (str(result.error), result.outcome) == ("a is alone, and the stack says so", "failed")
    assert stack.cloud.calls == []
    assert "dev" not in stack.store.stacks()


def test_what_an_inspection_forbids_is_not_deleted(stack: Stack) -> None:
    """A program that only drops something has no dry run: it is seen before the deletion."""
    stack.up(lambda: (Thing("a", label="a"), Thing("b", label="b")))
    result = stack.deployment.up(alone, inspect=forbid_lonely)
    assert isinstance(result.error, Mistake)
    assert set(stack.cloud.things) == {"a", "b"}


def test_what_an_inspection_accepts_is_carried_out(stack: Stack) -> None:
    result = stack.deployment.up(lambda: (Thing("a", label="a"), Thing("b", label="b")), inspect=forbid_lonely)
    assert result.outcome == "succeeded"
