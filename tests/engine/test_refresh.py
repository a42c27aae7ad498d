"""Drift: what changed behind our back is seen, and mended by the next up."""

from __future__ import annotations

import pulumi

from tests.engine.conftest import Stack, ops, step_of
from tests.engine.programs import Thing


def program() -> None:
    Thing("a", label="a", size=1)
    Thing("b", label="b")


def test_nothing_changed_is_nothing_to_tell(stack: Stack) -> None:
    stack.up(program)
    result = stack.deployment.refresh()
    assert result.changes == {"same": 3}
    assert not result.changed


def test_a_value_that_was_changed_is_seen_and_changed_back(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.things["a"]["size"] = 5
    result = stack.deployment.refresh()
    assert result.changes == {"update": 1, "same": 2}
    assert stack.records()["a"].inputs["size"] == 5
    assert "size" in step_of(stack.preview(program), "a").diff
    stack.up(program)
    assert stack.cloud.things["a"]["size"] == 1


def test_what_was_deleted_is_made_again(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.things.pop("b")
    assert stack.deployment.refresh().changes == {"delete": 1, "same": 2}
    assert ops(stack.preview(program)) == ["same a", "create b"]


def test_a_preview_of_a_refresh_writes_nothing(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.things.pop("b")
    before = stack.file.read_bytes()
    assert stack.deployment.refresh(preview=True).changes == {"delete": 1, "same": 2}
    assert stack.file.read_bytes() == before


def test_a_resource_that_cannot_be_read_stays_in_state(stack: Stack) -> None:
    stack.up(program)
    stack.cloud.fails["read", "a"] = RuntimeError("no answer")
    assert stack.deployment.refresh().outcome == "failed"
    assert "a" in stack.records()


def test_what_a_gone_resource_was_to_take_along_or_to_replace_stays_readable(stack: Stack) -> None:
    def tied() -> None:
        host = Thing("host", label="host")
        Thing("inside", label="inside", opts=pulumi.ResourceOptions(deleted_with=host))
        Thing("tied", label="tied", opts=pulumi.ResourceOptions(replace_with=[host]))

    stack.up(tied)
    stack.cloud.things.pop("host")
    assert stack.deployment.refresh().outcome == "succeeded"
    records = stack.records()
    assert (records["inside"].deleted_with, records["tied"].replace_with) == (None, ())
    assert stack.up(tied).outcome == "succeeded"
    assert stack.destroy().outcome == "succeeded"
    assert list(stack.store.get("dev")) == []
