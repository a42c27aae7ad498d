"""What random programs brought to light, each told plainly."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import CloudError, StateError
from mlops_iac.engine.doing.retrying import Patience
from mlops_iac.engine.state import journal
from mlops_iac.engine.state.lock import locked
from mlops_iac.engine.state.state_store import Session
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Box, Thing

LOST = CloudError("Lost.", "The answer never came.", code="ConnectionClosedError", unsure=True)


def one() -> None:
    Thing("a", label="a")


def test_a_disk_that_fills_while_the_lock_is_written_leaves_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, synced = os.fsync, []

    def fsync(file: int) -> None:
        synced.append(file)
        if len(synced) == 2:  # the first one is the file's, the second the folder's: the lock is there already
            raise OSError(28, "No space left on device")
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StateError, match=r"cannot be saved"), locked(tmp_path / "dev", "dev"):
        pytest.fail("the lock was not taken")
    with locked(tmp_path / "dev", "dev"):
        assert len(list((tmp_path / "dev").glob("*.json"))) == 1


def test_a_journal_that_ends_in_half_a_line_is_closed_so_that_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "dev.journal"
    path.write_text('{"base": "1"}\n{"begin": 3, "ty')
    journal.append_folded(path, "the checkpoint")
    lines = journal.read_lines(path)
    assert lines.whole[0] == {"base": "1"}
    assert lines.lost == []
    assert journal.is_folded(lines, "the checkpoint")


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_create_whose_answer_was_lost_is_looked_up_and_never_made_twice(stack: Stack, carried_out: bool) -> None:
    lose(stack, "create", carried_out=carried_out)
    result = stack.up(one)
    assert [str(failure.error.summary) for failure in result.failures] == ["Lost."]  # type: ignore[attr-defined]
    assert [pending.kind for pending in stack.store.get("dev").pending.values()] == ["creating"]
    find(stack)
    stack.up(one)
    assert stack.cloud.changing_calls() == ([] if carried_out else [("create", "a")])
    assert stack.records()["a"].id == "a"


@pytest.mark.parametrize("tries", [1, 3])
def test_a_replacement_of_the_same_name_is_found_when_its_answer_was_lost(stack: Stack, tries: int) -> None:
    """What it replaces was deleted first and had the same id, which state still names."""
    stack.up(one)
    once = iter([LOST])

    def created(label: str) -> None:
        for error in once:
            raise error

    stack.cloud.created, stack.patience = created, Patience(tries=tries, first_wait=0.001)
    stack.up(lambda: Thing("a", label="a", place="south"))
    result = stack.up(lambda: Thing("a", label="a", place="south"))
    assert (result.error, result.failures) == (None, ())
    assert stack.cloud.changing_calls() == []
    assert [record.id for record in stack.store.get("dev") if record.type == "fake:index:Thing"] == ["a"]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_delete_whose_answer_was_lost_is_looked_up(stack: Stack, carried_out: bool) -> None:
    stack.up(one)
    lose(stack, "delete", carried_out=carried_out)
    stack.up(lambda: None)
    assert [pending.kind for pending in stack.store.get("dev").pending.values()] == ["deleting"]
    find(stack)
    stack.up(lambda: None)
    assert stack.cloud.things == {}
    assert "a" not in stack.records()


def test_what_is_adopted_after_a_crash_is_held_to_the_program(stack: Stack) -> None:
    """The create was cut off half way: the thing is there, and one of its settings is not what was asked for."""
    lose(stack, "create", carried_out=True)
    program = lambda: Thing("a", label="a", size=2)  # noqa: E731
    stack.up(program)
    find(stack)
    stack.cloud.things["a"]["size"] = 1
    result = stack.up(program)
    assert ops(result) == ["update a"]
    assert stack.cloud.things["a"]["size"] == 2


def test_a_refresh_that_finds_a_foundation_gone_leaves_a_state_that_can_be_read(stack: Stack) -> None:
    def program() -> None:
        box = Box("box")
        base = Thing("base", label="base")
        Thing("user", label="user", source=base.arn)
        Thing("child", label="child")
        _ = box

    stack.up(program)
    del stack.cloud.things["base"]
    stack.deployment.refresh()
    assert sorted(stack.records()["user"].dependencies) == []
    result = stack.up(program)
    assert "create base" in ops(result)
    assert set(stack.cloud.things) == {"base", "user", "child"}


def test_a_target_is_made_although_a_component_says_more_than_is_known(stack: Stack) -> None:
    class Pair(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("test:index:Pair", "pair")
            inside = pulumi.ResourceOptions(parent=self)
            one, other = Thing("one", inside, label="one"), Thing("other", inside, label="other")
            self.register_outputs({"one": one.arn, "other": other.arn})

    result = stack.up(lambda: Pair(), targets=("one",))
    assert (result.error, set(stack.cloud.things)) == (None, {"one"})
    assert set(stack.records()["pair"].outputs) == {"one"}


def test_two_processes_that_die_one_after_the_other_leave_a_state_that_can_be_read(stack: Stack) -> None:
    """The second one starts from the journal of the first; its own counts from the checkpoint made of that."""

    def program() -> None:
        a = Thing("a", label="a")
        Thing("b", label="b", source=a.arn)

    def make_c(session: Session) -> None:
        b = stack.records()["b"]
        session.journal.end(None, put={session.snapshot.new_key(): replace(b, urn=f"{b.urn}-c", id="c")})

    def change_b(session: Session) -> None:
        b = stack.records()["b"]
        session.journal.end(None, put={session.snapshot.find_key(b.urn) or 0: replace(b, protect=True)})

    stack.up(program)
    die_after(stack, make_c)
    die_after(stack, change_b)
    found = {record.id: record.protect for record in stack.store.get("dev") if record.type == "fake:index:Thing"}
    assert found == {"a": False, "b": True, "c": False}


def die_after(stack: Stack, change: Callable[[Session], None]) -> None:
    """A process that ends without folding its journal."""
    with contextlib.suppress(SystemExit), stack.store.session("dev") as session:
        change(session)
        session.close = lambda: None  # type: ignore[method-assign]
        raise SystemExit


def lose(stack: Stack, call: str, *, carried_out: bool) -> None:
    """Let the answers of these calls be lost, until `find`, and nobody try again."""
    stack.patience, cloud = Patience(tries=1), stack.cloud
    if not carried_out:
        cloud.fails[call, "a"] = LOST
        return
    name = {"create": "put", "delete": "drop"}[call]
    real = getattr(cloud, name)

    def lost(*arguments: Any) -> None:
        real(*arguments)
        raise LOST

    setattr(cloud, name, lost)


def find(stack: Stack) -> None:
    """The cloud answers again."""
    stack.cloud.fails.clear()
    vars(stack.cloud).pop("put", None)
    vars(stack.cloud).pop("drop", None)
