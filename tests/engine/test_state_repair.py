"""A state that does not hold together is mended, and each mend is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state.snapshot import Pending
from mlops_iac.engine.state.state_desk import StateDesk
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Box, Thing

Resources = list[dict[str, Any]]


def program() -> None:
    first = Thing("first", label="first")
    box = Box("box")
    Thing("second", label="second", of=first.arn, opts=pulumi.ResourceOptions(parent=box))


@pytest.fixture
def desk(stack: Stack) -> StateDesk:
    stack.up(program)
    return StateDesk(stack.store)


def damage(stack: Stack, change: Callable[[Resources], object]) -> None:
    document = json.loads(stack.file.read_text())
    change(document["checkpoint"]["latest"]["resources"])
    stack.file.write_text(json.dumps(document))


def resource(resources: Resources, name: str) -> dict[str, Any]:
    return next(fields for fields in resources if fields["urn"].endswith(f"::{name}"))


def lose_parent(resources: Resources) -> None:
    resources.remove(resource(resources, "box"))


def lose_dependency(resources: Resources) -> None:
    resources.remove(resource(resources, "first"))


def lose_provider(resources: Resources) -> None:
    resources.remove(next(fields for fields in resources if fields["type"].startswith("pulumi:providers:")))


def double(resources: Resources) -> None:
    resources.append({**resource(resources, "second"), "id": "older", "modified": "2001-01-01T00:00:00Z"})


def double_the_same(resources: Resources) -> None:
    resources.append(dict(resource(resources, "second")))


def circle(resources: Resources) -> None:
    resource(resources, "first")["dependencies"] = [resource(resources, "second")["urn"]]


DAMAGES = {
    lose_parent: "its parent",
    lose_dependency: "it needs",
    lose_provider: "its provider",
    double: "it is there twice",
    double_the_same: "it is there twice",
    circle: "need each other",
}


@pytest.mark.parametrize("change", DAMAGES, ids=lambda change: change.__name__)
def test_damage_is_named_mended_and_gone(change: Callable[[Resources], None], desk: StateDesk, stack: Stack) -> None:
    damage(stack, change)
    damaged = stack.file.read_bytes()
    with pytest.raises(StateError):
        stack.preview(program)
    found = desk.look_for_repairs("dev")
    assert any(DAMAGES[change] in str(repair) for repair in found)
    assert stack.file.read_bytes() == damaged
    done = desk.repair("dev")
    assert done.answer == found
    assert done.backup is not None
    assert done.backup.read_bytes() == damaged
    assert desk.look_for_repairs("dev") == ()
    if change is lose_dependency:
        stack.cloud.drop("first")  # the state has forgotten it: `up` makes it, and would find the name taken
    assert stack.up(program).outcome == "succeeded"
    assert not stack.preview(program).changed


def test_the_older_of_two_that_were_made_is_deleted_by_the_next_up(desk: StateDesk, stack: Stack) -> None:
    stack.cloud.put("older", {"label": "older"})
    damage(stack, double)
    desk.repair("dev")
    assert "delete-replaced second" in ops(stack.preview(program))
    stack.up(program)
    assert set(stack.cloud.things) == {"first", "second"}


def test_a_lost_parent_does_not_make_the_program_replace_the_child(desk: StateDesk, stack: Stack) -> None:
    damage(stack, lose_parent)
    desk.repair("dev")
    assert "replace second" not in ops(stack.preview(program))
    stack.up(program)
    assert stack.cloud.changing_calls() == []


def test_a_good_state_is_left_as_it_is(desk: StateDesk, stack: Stack) -> None:
    before = stack.file.read_bytes()
    done = desk.repair("dev")
    assert (done.answer, done.backup) == ((), None)
    assert stack.file.read_bytes() == before


def cut_off(stack: Stack) -> None:
    snapshot, manager = stack.store.read("dev")
    record = stack.records()["first"]
    snapshot.pending[snapshot.new_key()] = Pending(kind="creating", record=record)
    with stack.store.held("dev"):
        stack.store.overwrite("dev", snapshot, manager)


def test_an_operation_that_was_cut_off_is_left_to_the_next_up(desk: StateDesk, stack: Stack) -> None:
    cut_off(stack)
    assert desk.look_for_repairs("dev") == ()


def test_an_operation_that_was_cut_off_is_forgotten_when_asked(desk: StateDesk, stack: Stack) -> None:
    cut_off(stack)
    done = desk.repair("dev", forget_pending=True)
    assert "look in the cloud" in str(done.answer[0])
    assert stack.store.get("dev").pending == {}


def test_a_file_that_is_half_is_not_called_repaired(desk: StateDesk, stack: Stack) -> None:
    stack.file.write_text(stack.file.read_text()[:200])
    with pytest.raises(StateError) as raised:
        desk.repair("dev")
    assert "backups" in raised.value.hint
