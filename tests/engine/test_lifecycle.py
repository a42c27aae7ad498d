"""Preview, up, up again, change, destroy: what each of them does to a cloud and to the state."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import PlanError
from mlops_iac.engine.event import Diagnostic, Prelude, StepDone, StepStarted, Summary
from mlops_iac.engine.values.value import UNKNOWN, Secret
from tests.engine.conftest import Stack, errors, ops, step_of
from tests.engine.programs import Box, Thing


def two_things(**inputs: Any) -> Any:
    """A component with two resources, the second of which needs the first."""

    def program() -> None:
        box = Box("box")
        a = Thing("a", opts=pulumi.ResourceOptions(parent=box), label="a", **inputs)
        b = Thing("b", opts=pulumi.ResourceOptions(parent=box), label="b", source=a.arn)
        box.register_outputs({"arn": b.arn})
        pulumi.export("arn", b.arn)

    return program


def nothing() -> None:
    """A program without resources."""


def test_a_preview_asks_no_cloud_and_writes_nothing(stack: Stack) -> None:
    result = stack.preview(two_things())
    assert ops(result) == ["create box", "create a", "create b"]
    assert result.changes == {"create": 4}
    assert result.outputs == {"arn": UNKNOWN}
    assert stack.cloud.calls == []
    assert list(stack.root.iterdir()) == []


def test_a_preview_shows_what_is_not_known_yet(stack: Stack) -> None:
    new = step_of(stack.preview(two_things()), "b").new
    assert new is not None
    assert new["inputs"]["source"] == "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def test_up_makes_what_the_program_says(stack: Stack) -> None:
    result = stack.up(two_things())
    assert (result.outcome, result.changes) == ("succeeded", {"create": 4})
    assert stack.cloud.calls == [("create", "a"), ("create", "b")]
    assert stack.cloud.things["b"]["source"] == "arn:fake:a"
    assert result.outputs == {"arn": "arn:fake:b"}
    assert stack.store.outputs("dev") == {"arn": "arn:fake:b"}


def test_up_again_changes_nothing(stack: Stack) -> None:
    stack.up(two_things())
    before = stack.file.read_text()
    result = stack.up(two_things())
    assert result.changes == {"same": 4}
    assert not result.changed
    assert stack.cloud.calls == []
    assert stack.file.read_text() == before


def test_a_changed_input_is_updated_in_place_and_shown_by_its_path(stack: Stack) -> None:
    stack.up(two_things(tags={"team": "x"}))
    program = two_things(tags={"team": "x", "owner": "bob"})
    step = step_of(stack.preview(program), "a")
    assert {path: change.kind for path, change in step.diff.items()} == {"tags.owner": "add"}
    result = stack.up(program)
    assert result.changes == {"update": 1, "same": 3}
    assert stack.cloud.calls == [("update", "a")]
    assert stack.cloud.things["a"]["tags"] == {"team": "x", "owner": "bob"}


def test_what_the_program_no_longer_names_is_deleted_last_first(stack: Stack) -> None:
    stack.up(two_things())
    result = stack.up(nothing)
    assert ops(result) == ["delete b", "delete a", "delete box"]
    assert stack.cloud.calls == [("delete", "b"), ("delete", "a")]
    assert result.changes == {"delete": 3, "same": 1}


def test_destroy_leaves_nothing(stack: Stack) -> None:
    stack.up(two_things())
    shown = stack.deployment.destroy(preview=True)
    assert stack.cloud.things
    result = stack.deployment.destroy()
    assert ops(shown) == ops(result) == ["delete b", "delete a", "delete box"]
    assert result.changes == {"delete": 4}
    assert stack.cloud.things == {}
    assert list(stack.store.get("dev")) == []
    assert stack.store.outputs("dev") == {}


def test_an_update_in_a_preview_keeps_what_the_cloud_computed(stack: Stack) -> None:
    """Otherwise a new tag on one resource would show changes on everything that uses its ARN."""
    stack.up(two_things(size=1))
    assert stack.preview(two_things(size=2)).changes == {"update": 1, "same": 3}


def test_a_handler_may_name_outputs_that_an_update_changes(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.up(two_things(size=1))
    monkeypatch.setattr(
        "tests.engine.fake_provider.FakeHandler.recomputes", lambda self, changed: frozenset({"arn"}), raising=False
    )
    assert ops(stack.preview(two_things(size=2))) == ["same box", "update a", "update b"]


def test_events_tell_the_whole_story_in_order(stack: Stack) -> None:
    stack.up(two_things())
    assert isinstance(stack.events[0], Prelude)
    assert stack.events[0].config == {"fake:region": "eu-west-1", "lab:token": "[secret]"}
    told = [(type(event), event.step.name) for event in stack.events if isinstance(event, StepStarted | StepDone)]
    assert told.index((StepStarted, "a")) < told.index((StepDone, "a")) < told.index((StepStarted, "b"))
    assert told[0] == (StepStarted, "lab-dev")
    assert told[-1] == (StepDone, "lab-dev")
    last = stack.events[-1]
    assert isinstance(last, Summary)
    assert (last.outcome, last.changes) == ("succeeded", {"create": 4})


def test_the_default_provider_is_in_state_and_in_no_summary(stack: Stack) -> None:
    result = stack.up(two_things())
    provider = stack.records()["default"]
    assert provider.type == "pulumi:providers:fake"
    assert stack.records()["a"].provider == f"{provider.urn}::{provider.id}"
    assert not [step for step in result.steps if step.type.startswith("pulumi:providers")]


def test_the_program_sees_stack_project_and_configuration(stack: Stack) -> None:
    seen: dict[str, Any] = {}

    def program() -> None:
        seen.update(stack=pulumi.get_stack(), project=pulumi.get_project(), dry=pulumi.runtime.is_dry_run())
        seen.update(region=pulumi.Config("fake").require("region"))
        pulumi.export("token", pulumi.Config().require_secret("token"))

    result = stack.up(program)
    assert seen == {"stack": "dev", "project": "lab", "dry": False, "region": "eu-west-1"}
    assert result.outputs == {"token": Secret("hunter2")}


def test_an_invoke_is_answered(stack: Stack) -> None:
    def program() -> None:
        pulumi.export("who", pulumi.runtime.invoke("fake:index/whoami:whoami", {"a": 1}).value)

    assert stack.up(program).outputs == {"who": {"accountId": "123456789012", "region": "eu-west-1", "a": 1}}


def test_an_invoke_that_is_not_known_stops_the_program_with_its_own_error(stack: Stack) -> None:
    def program() -> None:
        pulumi.runtime.invoke("fake:index/nope:nope", {})

    result = stack.preview(program)
    assert result.outcome == "failed"
    assert "nope" in str(result.error)


def test_a_log_line_of_the_program_is_an_event(stack: Stack) -> None:
    stack.preview(lambda: pulumi.warn("mind the gap"))
    assert [event.message for event in stack.events if isinstance(event, Diagnostic)] == ["mind the gap"]


def test_independent_resources_are_made_side_by_side(stack: Stack) -> None:
    def program() -> None:
        for index in range(6):
            Thing(f"t{index}", label=f"t{index}")

    stack.cloud.slow[("create", "*")] = stack.cloud.slow[("delete", "*")] = 0.2
    stack.up(program)
    assert stack.cloud.busiest == 6
    stack.cloud.busiest = 0
    stack.deployment.destroy()
    assert stack.cloud.busiest == 6


def test_no_more_calls_run_at_once_than_allowed(stack: Stack) -> None:
    def program() -> None:
        for index in range(6):
            Thing(f"t{index}", label=f"t{index}")

    stack.parallel = 2
    stack.cloud.slow[("create", "*")] = stack.cloud.slow[("delete", "*")] = 0.02
    stack.up(program)
    stack.deployment.destroy()
    assert stack.cloud.busiest == 2


def test_a_resource_that_is_registered_twice_is_refused(stack: Stack) -> None:
    def program() -> None:
        Thing("a", label="a1")
        Thing("a", label="a2")

    result = stack.preview(program)
    assert isinstance(result.error, PlanError)
    assert "named `a`" in str(result.error)


def test_all_that_is_wrong_is_found_in_one_preview(stack: Stack) -> None:
    def program() -> None:
        a = Thing("a", broken=True)
        Thing("b", broken=True, source=a.arn)

    result = stack.preview(program)
    assert len(errors(result)) == 2
    assert "`a` is broken" in str(result.error)
    assert "`b` is broken" in str(result.error)


def test_a_run_leaves_nothing_behind_in_the_process(stack: Stack) -> None:
    project, monitor = pulumi.runtime.settings.SETTINGS.project, pulumi.runtime.settings.SETTINGS.monitor
    root = pulumi.runtime.settings.get_root_resource()
    stack.preview(two_things())
    assert pulumi.runtime.settings.SETTINGS.project == project
    assert pulumi.runtime.settings.SETTINGS.monitor is monitor
    assert pulumi.runtime.settings.get_root_resource() is root
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_what_must_be_there_for_the_first_call_is_seen_to_once_and_only_then(stack: Stack) -> None:
    asked: list[int] = []
    stack.deployment.up(nothing, before=lambda: asked.append(1))
    assert asked == []
    stack.deployment.up(two_things(), before=lambda: asked.append(1))
    assert asked == [1]
