"""Resources go from one stack to another: nothing in the cloud changes, and both programs agree with their states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pulumi
import pytest

from mlops_iac.core.errors import StackNotFound, StateError, UsageError
from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.event import Result
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.state_desk import StateDesk
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Box, Thing

Program = Callable[[], object]


def base() -> None:
    Thing("base", label="base")


def boxed() -> None:
    box = Box("box")
    inner = Thing("inner", label="inner", opts=pulumi.ResourceOptions(parent=box))
    Thing("outer", label="outer", of=inner.arn, key=pulumi.Output.secret("hunter2"))


def everything() -> None:
    base()
    boxed()


def operate(stack: Stack, name: str, program: Program, *, up: bool) -> Result:
    deployment = Deployment(
        project="lab", stack=name, provider=stack.cloud, store=stack.store, config=stack.config,
        secret_config=stack.secret_config,
    )  # fmt: skip
    return deployment.up(program) if up else deployment.preview(program)


@pytest.fixture
def desk(stack: Stack) -> StateDesk:
    """Two stacks: ``dev`` with everything, ``other`` with one resource of its own."""
    operate(stack, "dev", everything, up=True)
    operate(stack, "other", lambda: Thing("own", label="own"), up=True)
    return StateDesk(stack.store, stack.cloud)


def test_what_was_moved_is_unchanged_for_the_programs_that_name_it_now(desk: StateDesk, stack: Stack) -> None:
    done = desk.move("dev", ["box", "outer"], "other")
    moved, other_backup = done.answer
    assert [urn.rsplit("::", 1)[1] for urn in moved.urns] == ["box", "inner", "outer"]
    assert done.backup is not None
    assert other_backup is not None
    stack.cloud.calls.clear()
    assert not operate(stack, "dev", base, up=True).changed
    assert not operate(stack, "other", lambda: (Thing("own", label="own"), boxed()), up=True).changed
    assert stack.cloud.changing_calls() == []


def test_secrets_go_along_under_the_other_stacks_key(desk: StateDesk, stack: Stack) -> None:
    desk.move("dev", ["box", "outer"], "other")
    record = next(record for record in stack.store.get("other") if record.name == "outer")
    assert record.inputs["key"].value == "hunter2"
    assert "hunter2" not in (stack.root / ".pulumi/stacks/lab/other.json").read_text()


def test_what_others_stand_on_is_not_moved_alone(desk: StateDesk, stack: Stack) -> None:
    before = stack.file.read_bytes()
    with pytest.raises(StateError) as raised:
        desk.move("dev", ["box"], "other")
    assert "outer (fake:index:Thing) needs inner" in str(raised.value)
    assert stack.file.read_bytes() == before
    moved, _ = desk.move("dev", ["box"], "other", dependents=True).answer
    assert len(moved.urns) == 3


def test_what_is_left_behind_is_said_and_no_longer_needed(desk: StateDesk, stack: Stack) -> None:
    planned = desk.look_at_move("dev", ["outer"], "other")
    assert [urn.rsplit("::", 1)[1] for urn in planned.cut] == ["inner"]
    desk.move("dev", ["outer"], "other")
    assert "create outer" in ops(operate(stack, "dev", everything, up=False))


def test_a_child_that_is_moved_alone_belongs_to_the_other_stack_itself(desk: StateDesk, stack: Stack) -> None:
    desk.move("dev", ["outer"], "other")
    moved, _ = desk.move("dev", ["inner"], "other").answer
    assert list(moved.urns.values()) == ["urn:pulumi:other::lab::fake:index:Thing::inner"]


def test_what_the_other_stack_has_already_is_refused(desk: StateDesk, stack: Stack) -> None:
    operate(stack, "other", lambda: (Thing("own", label="own"), Thing("outer", label="another")), up=True)
    with pytest.raises(StateError) as raised:
        desk.move("dev", ["outer"], "other")
    assert raised.value.summary == "The other stack has it already."


def test_a_stack_in_another_place_by_its_package_is_refused(desk: StateDesk, stack: Stack) -> None:
    def elsewhere(record: Record) -> Record:
        return replace(record, inputs={**record.inputs, "region": "us-east-1"}) if record.is_provider else record

    snapshot, manager = stack.store.read("other")
    for key, record in list(snapshot.records.items()):
        snapshot.put(key, elsewhere(record))
    with stack.store.held("other"):
        stack.store.overwrite("other", snapshot, manager)
    with pytest.raises(StateError) as raised:
        desk.move("dev", ["outer"], "other")
    assert raised.value.summary == "The stacks are in different places."
    assert "region us-east-1" in raised.value.detail


def test_a_stack_and_its_providers_are_not_moved(desk: StateDesk) -> None:
    with pytest.raises(StateError) as raised:
        desk.look_at_move("dev", ["default"], "other", dependents=True)
    assert raised.value.summary == "This cannot be moved."


def test_an_unknown_stack_and_the_same_stack_are_refused(desk: StateDesk) -> None:
    with pytest.raises(StackNotFound):
        desk.move("dev", ["outer"], "othre")
    with pytest.raises(UsageError):
        desk.move("dev", ["outer"], "dev")
