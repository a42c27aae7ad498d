"""Edits of a state by hand: what they refuse, what they write, and the copy that they leave."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import pytest

from mlops_iac.core.errors import StackNotFound, StateError, UsageError
from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.state import edits, state_file
from mlops_iac.engine.state.lock import locked
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_desk import StateDesk
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Box, Thing


def program() -> None:
    box = Box("box")
    first = Thing("first", label="first", opts=pulumi.ResourceOptions(parent=box))
    Thing("second", label="second", of=first.arn, opts=pulumi.ResourceOptions(parent=box, protect=True))
    Thing("third", label="third", key=pulumi.Output.secret("hunter2"))
    pulumi.export("token", pulumi.Output.secret("hunter2"))


@pytest.fixture
def desk(stack: Stack) -> StateDesk:
    stack.up(program)
    return StateDesk(stack.store)


def names(snapshot: Snapshot) -> set[str]:
    return {record.name for record in snapshot}


def test_a_deleted_resource_is_forgotten_and_stays_in_the_cloud(desk: StateDesk, stack: Stack) -> None:
    done = desk.edit("dev", lambda state: edits.delete(state, ["third"]))
    assert [record.name for record in done.answer] == ["third"]
    assert "third" not in names(desk.store.get("dev"))
    assert "third" in stack.cloud.things


def test_the_state_from_before_is_kept_and_can_be_put_back(desk: StateDesk) -> None:
    before = desk.store.get("dev")
    done = desk.edit("dev", lambda state: edits.delete(state, ["third"]))
    assert done.backup is not None
    assert done.backup.stat().st_mode & 0o777 == 0o600
    back = desk.import_("dev", done.backup.read_text(), place="the copy")
    assert names(desk.store.get("dev")) == names(before)
    assert back.backup != done.backup


def test_looking_at_an_edit_writes_nothing(desk: StateDesk, stack: Stack) -> None:
    before = stack.file.read_bytes()
    assert [record.name for record in desk.look("dev", lambda state: edits.delete(state, ["third"]))] == ["third"]
    assert stack.file.read_bytes() == before


def test_what_others_stand_on_is_not_deleted(desk: StateDesk, stack: Stack) -> None:
    before = stack.file.read_bytes()
    with pytest.raises(StateError) as raised:
        desk.edit("dev", lambda state: edits.delete(state, ["first"]))
    assert "second (fake:index:Thing) needs first" in str(raised.value)
    assert "--target-dependents" in raised.value.hint
    assert stack.file.read_bytes() == before


def test_a_component_is_not_deleted_from_under_its_children(desk: StateDesk) -> None:
    with pytest.raises(StateError) as raised:
        desk.look("dev", lambda state: edits.delete(state, ["box"]))
    assert "first (fake:index:Thing) needs box" in str(raised.value)


def test_protected_ones_are_named_and_stay_unless_forced(desk: StateDesk) -> None:
    with pytest.raises(StateError) as raised:
        desk.edit("dev", lambda state: edits.delete(state, ["box"], dependents=True))
    assert "::second" in str(raised.value)
    done = desk.edit("dev", lambda state: edits.delete(state, ["box"], dependents=True, force=True))
    assert [record.name for record in done.answer] == ["second", "first", "box"]


def test_protection_is_taken_off_by_name_and_from_all(desk: StateDesk) -> None:
    assert [r.name for r in desk.look("dev", lambda state: edits.unprotect(state, None))] == ["second"]
    assert desk.look("dev", lambda state: edits.unprotect(state, ["first"])) == []
    desk.edit("dev", lambda state: edits.unprotect(state, ["second"]))
    assert not any(record.protect for record in desk.store.get("dev"))


def test_an_unknown_name_suggests_the_nearest_and_all_are_told_at_once(desk: StateDesk) -> None:
    with pytest.raises(UsageError) as raised:
        desk.look("dev", lambda state: edits.find_keys(state, ["frist", "first", "urn:pulumi:dev::lab::nope"]))
    assert len(raised.value.problems) == 2
    assert "did you mean `first`?" in str(raised.value)


def test_a_name_of_two_resources_asks_for_the_urn(stack: Stack) -> None:
    stack.up(lambda: (Thing("a", label="a"), Thing("a", label="b", kind="Other")))
    snapshot = stack.store.get("dev")
    with pytest.raises(UsageError) as raised:
        edits.find_keys(snapshot, ["a"])
    assert "fake:index:Thing::a" in str(raised.value)
    urn = next(record.urn for record in snapshot if "Other" in record.type)
    assert len(edits.find_keys(snapshot, [urn])) == 1


def test_a_stack_that_is_not_there_suggests_the_nearest(desk: StateDesk) -> None:
    for ask in (desk.export, desk.repair, desk.look_for_repairs):
        with pytest.raises(StackNotFound) as raised:
            ask("dve")
        assert "dev" in raised.value.hint


def test_an_edit_waits_for_nobody_and_says_who_holds_the_stack(desk: StateDesk, stack: Stack) -> None:
    with locked(stack.root / ".pulumi/locks/organization/lab/dev", "dev"), pytest.raises(StateError) as raised:
        desk.edit("dev", lambda state: edits.delete(state, ["third"]))
    assert raised.value.summary == "The stack is locked."


def test_what_an_operation_that_died_left_is_part_of_what_is_edited(desk: StateDesk, stack: Stack) -> None:
    with stack.store.session("dev") as session:
        session.journal.end(None, drop=(session.snapshot.find_key(stack.records()["third"].urn) or 0,))
        line = stack.journal.read_text()
        text = stack.file.read_text()
    stack.file.write_text(text)
    stack.journal.write_text(line)
    desk.edit("dev", lambda state: edits.unprotect(state, ["second"]))
    assert "third" not in names(desk.store.get("dev"))
    assert not stack.journal.exists()


def test_after_an_edit_the_program_goes_on_from_it(desk: StateDesk, stack: Stack) -> None:
    desk.edit("dev", lambda state: edits.delete(state, ["third"]))
    assert "create third" in ops(stack.preview(program))


def rename(stack: Stack, new: str) -> Deployment:
    stack.store.rename("dev", new)
    return Deployment(
        project="lab", stack=new, provider=stack.cloud, store=stack.store, config=stack.config,
        secret_config=stack.secret_config,
    )  # fmt: skip


def test_a_renamed_stack_is_the_same_to_its_program(desk: StateDesk, stack: Stack) -> None:
    result = rename(stack, "new").preview(program)
    assert not result.changed
    assert {step.urn.split("::")[0] for step in result.steps} == {"urn:pulumi:new"}
    assert stack.store.stacks() == ["new"]


def test_a_renamed_stack_takes_its_history_along_and_leaves_a_copy(desk: StateDesk, stack: Stack) -> None:
    kept = stack.store.rename("dev", "new")
    assert kept is not None
    assert '"organization/lab/dev"' in kept.read_text()
    assert [entry["kind"] for entry in stack.store.histories("new")] == ["update"]
    assert {path.name.split("-")[0] for path in (stack.root / ".pulumi/history/lab/new").iterdir()} == {"new"}
    assert json.loads((stack.root / ".pulumi/stacks/lab/new.json").read_text())["checkpoint"]["stack"].endswith("/new")


def test_a_history_that_an_earlier_stack_of_the_new_name_left_is_in_nobodys_way(desk: StateDesk, stack: Stack) -> None:
    left = stack.root / ".pulumi/history/lab/new"
    left.mkdir(parents=True)
    (left / "new-1.history.json").write_text('{"kind": "destroy"}')
    stack.store.rename("dev", "new")
    assert [entry["kind"] for entry in stack.store.histories("new")] == ["update", "destroy"]


def test_a_rename_onto_a_name_that_is_taken_changes_nothing(desk: StateDesk, stack: Stack) -> None:
    before = stack.file.read_bytes()
    stack.store.write("other", stack.file.read_text().replace("dev", "other"))
    with pytest.raises(StateError) as raised:
        stack.store.rename("dev", "other")
    assert raised.value.summary == "The name is taken."
    assert stack.file.read_bytes() == before


def test_a_stack_with_resources_is_forgotten_only_by_force(desk: StateDesk, stack: Stack) -> None:
    with pytest.raises(StateError):
        stack.store.remove("dev")
    kept = stack.store.remove("dev", force=True)
    assert kept is not None
    assert stack.store.stacks() == []
    assert set(stack.cloud.things) == {"first", "second", "third"}


def test_a_history_entry_that_cannot_be_read_says_so(desk: StateDesk, stack: Stack) -> None:
    next((stack.root / ".pulumi/history/lab/dev").glob("*.history.json")).write_text("{")
    assert "cannot be read" in stack.store.histories("dev")[0]["result"]


def test_a_disk_that_is_full_leaves_the_state_as_it_was(
    desk: StateDesk, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stack.file.read_bytes()

    def full(path: Path, text: str) -> None:
        raise StateError("The state cannot be saved.", "No space left on device.")

    monkeypatch.setattr("mlops_iac.engine.state.state_store.write_file", full)
    with pytest.raises(StateError):
        desk.edit("dev", lambda state: edits.delete(state, ["third"]))
    assert stack.file.read_bytes() == before
    state_file.parse(before.decode(), lambda: "pass", place="x")
