"""A move to another place that fails half way, and is taken back: what was there is kept, and nothing is made twice."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import CloudError
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Thing

Options = pulumi.ResourceOptions
HOME, AWAY = "eu-west-1", "us-east-1"


def program() -> None:
    first = Thing("a")
    Thing("b", place=first.arn)


@pytest.fixture
def half_moved(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> tuple[Stack, dict[str, Any]]:
    """``a`` was made in the other place, ``b`` could not be; and what there was at home."""
    stack.up(program)
    before = {name: record.id for name, record in stack.records().items()}
    stack.config["fake:region"] = AWAY
    called = stack.cloud.called

    def fails(call: str, label: str) -> None:
        called(call, label)
        if call == "create" and label.startswith("b"):
            raise CloudError("No room.", "There is no room for b there.")

    with monkeypatch.context() as patch:
        patch.setattr(stack.cloud, "called", fails)
        assert stack.up(program).outcome == "failed"
    assert stack.records()["a"].id != before["a"]
    return stack, before


def test_what_waits_at_home_is_kept_and_what_was_made_away_is_deleted(half_moved: Any) -> None:
    stack, before = half_moved
    away = stack.records()["a"].id
    stack.config["fake:region"] = HOME
    shown = stack.preview(program)
    done = stack.up(program)
    assert done.outcome == "succeeded"
    assert ops(shown) == ops(done)
    assert stack.cloud.changing_calls() == [("delete", away)]
    assert {name: stack.records()[name].id for name in ("a", "b")} == {name: before[name] for name in ("a", "b")}
    assert not any(record.delete for record in stack.store.get("dev"))
    assert set(stack.up(program).changes) == {"same"}


def test_what_changed_meanwhile_is_updated_in_place(half_moved: Any) -> None:
    stack, before = half_moved
    stack.config["fake:region"] = HOME

    def changed() -> None:
        first = Thing("a", size=2)
        Thing("b", place=first.arn)

    assert stack.up(changed).outcome == "succeeded"
    assert ("update", before["a"]) in stack.cloud.calls
    assert stack.records()["a"].id == before["a"]


def test_what_must_be_another_one_is_made_anew(half_moved: Any) -> None:
    stack, before = half_moved
    stack.config["fake:region"] = HOME

    def another() -> None:
        first = Thing("a", place="elsewhere")
        Thing("b", place=first.arn)

    assert stack.up(another).outcome == "succeeded"
    assert stack.records()["a"].id != before["a"]
    assert len(stack.cloud.things) == 2


def test_going_on_to_the_other_place_ends_there(half_moved: Any) -> None:
    stack, before = half_moved
    assert stack.up(program).outcome == "succeeded"
    assert {thing["region"] for thing in stack.cloud.things.values()} == {AWAY}
    assert not {record.id for record in stack.records().values()} & set(before.values()) - {""}


def test_a_third_place_leaves_nothing_in_the_first_two(half_moved: Any) -> None:
    stack, _ = half_moved
    stack.config["fake:region"] = "eu-central-1"
    assert stack.up(program).outcome == "succeeded"
    assert {thing["region"] for thing in stack.cloud.things.values()} == {"eu-central-1"}
    assert len(stack.cloud.things) == 2
