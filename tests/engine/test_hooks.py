"""Hooks of the program: functions that run before and after what is done to a resource."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import CloudError, PlanError
from mlops_iac.engine.event import Diagnostic
from tests.engine.conftest import Stack, errors, ops
from tests.engine.programs import Thing

Options = pulumi.ResourceOptions
Hooks = pulumi.ResourceHookBinding


class Told(list[tuple[str, Any]]):
    """What hooks were told, in order."""

    def hook(self, name: str, error: str = "", **options: Any) -> pulumi.ResourceHook:
        def run(args: pulumi.ResourceHookArgs) -> None:
            self.append((name, args))
            if error:
                raise RuntimeError(error)

        return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(**options))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self]


def program(told: Told, *, there: bool = True, secret: bool = False, **inputs: Any) -> Any:
    def run() -> None:
        moments = ("before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete")
        hooks = {moment: [told.hook(moment)] for moment in moments}
        if there:
            secrets = {"word": pulumi.Output.secret("hunter2")} if secret else {}
            Thing("a", opts=Options(hooks=Hooks(**hooks)), label="a", **inputs, **secrets)

    return run


def test_hooks_run_before_and_after_each_operation_and_see_what_pulumi_shows_them(stack: Stack) -> None:
    told = Told()
    stack.up(program(told, size=1))
    assert told.names == ["before_create", "after_create"]
    before, after = (args for _, args in told)
    assert (before.name, before.new_inputs["size"], before.new_outputs, before.old_inputs) == ("a", 1, None, None)
    assert (after.id, after.new_outputs["arn"]) == ("a", "arn:fake:a")
    told.clear()
    stack.up(program(told, size=2))
    assert told.names == ["before_update", "after_update"]
    assert (told[0][1].old_inputs["size"], told[0][1].new_inputs["size"]) == (1, 2)
    told.clear()
    stack.up(program(told, there=False))
    assert told.names == ["before_delete", "after_delete"]
    assert told[0][1].old_outputs["arn"] == "arn:fake:a"


def test_a_secret_reaches_a_hook_as_a_secret(stack: Stack) -> None:
    told = Told()
    stack.up(program(told, secret=True))
    assert isinstance(told[0][1].new_inputs["word"], pulumi.Output)


def test_a_hook_that_fails_before_the_call_prevents_it(stack: Stack) -> None:
    told = Told()

    def run() -> None:
        hook = told.hook("check", error="not today")
        a = Thing("a", opts=Options(hooks=Hooks(before_create=[hook])), label="a")
        Thing("b", label="b", source=a.arn)

    result = stack.up(run)
    assert "`check`, before the create of a: not today" in errors(result)[0]
    assert stack.cloud.calls == []


def test_a_hook_that_fails_afterwards_leaves_the_resource_recorded(stack: Stack) -> None:
    told = Told()

    def run() -> None:
        Thing("a", opts=Options(hooks=Hooks(after_create=[told.hook("check", error="too late")])), label="a")

    result = stack.up(run)
    assert "too late" in errors(result)[0]
    assert "a" in stack.records()
    assert stack.store.get("dev").pending == {}


def test_the_error_of_a_hook_may_be_ignored_and_is_then_a_warning(stack: Stack) -> None:
    told = Told()

    def run() -> None:
        hook = told.hook("check", error="never mind", ignore_errors=True)
        Thing("a", opts=Options(hooks=Hooks(after_create=[hook])), label="a")

    assert stack.up(run).outcome == "succeeded"
    warnings = [event.message for event in stack.events if isinstance(event, Diagnostic)]
    assert warnings == ["Hook `check` of a failed: never mind"]


def test_a_preview_runs_only_the_hooks_that_want_it(stack: Stack) -> None:
    told = Told()

    def run() -> None:
        hooks = [told.hook("always", on_dry_run=True), told.hook("later")]
        Thing("a", opts=Options(hooks=Hooks(before_create=hooks)), label="a")

    stack.preview(run)
    assert told.names == ["always"]


def test_a_trial_run_runs_no_hooks(stack: Stack, tmp_path: Path) -> None:
    """An `up` by a plan looks first at what the program would do now."""
    told = Told()

    def run() -> None:
        Thing("a", opts=Options(hooks=Hooks(before_create=[told.hook("always", on_dry_run=True)])), label="a")

    stack.preview(run, plan=tmp_path / "plan.json")
    stack.up(run, plan=tmp_path / "plan.json")
    assert told.names == ["always", "always"], "once in the preview, once in the up"


def test_a_replacement_runs_the_hooks_of_a_create_and_of_a_delete(stack: Stack) -> None:
    told = Told()

    def run(place: str) -> Any:
        def replaced() -> None:
            hooks = Hooks(before_create=[told.hook("create")], before_delete=[told.hook("delete")])
            Thing("a", opts=Options(hooks=hooks), place=place)

        return replaced

    stack.up(run("north"))
    told.clear()
    assert "delete-replaced a" in ops(stack.up(run("south")))
    assert told.names == ["create", "delete"]


def test_what_has_a_hook_for_its_deletion_is_not_deleted_without_the_program(stack: Stack) -> None:
    stack.up(program(Told()))
    with pytest.raises(PlanError, match="Hooks are missing") as raised:
        stack.destroy()
    assert "`before_delete`" in str(raised.value)
    assert stack.cloud.calls == []


def test_an_error_hook_may_have_a_call_tried_again(stack: Stack) -> None:
    seen: list[Any] = []
    stack.cloud.fails["create", "a"] = CloudError("Not ready.", "wait a little", code="NotReady")

    def run() -> None:
        def again(args: pulumi.ErrorHookArgs) -> bool:
            seen.append((args.failed_operation, len(args.errors)))
            if len(seen) == 2:
                stack.cloud.fails.clear()
            return True

        Thing("a", opts=Options(hooks=Hooks(on_error=[pulumi.ErrorHook("again", again)])), label="a")

    assert stack.up(run).outcome == "succeeded"
    assert seen == [("create", 1), ("create", 2)]
    assert stack.cloud.calls == [("create", "a")] * 3
