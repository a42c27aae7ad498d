"""Protected resources: refused before the first call, whatever else the operation would do."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import PlanError
from tests.engine.conftest import Stack
from tests.engine.programs import Thing

KEPT = pulumi.ResourceOptions(protect=True)


def program(place: str = "north", *, both: bool = True, new: bool = False) -> Any:
    def run() -> None:
        if new:
            Thing("new", label="new")
        Thing("bucket", KEPT, place=place)
        if both:
            Thing("database", KEPT, label="database")
        Thing("plain", label="plain", size=2 if new else 1)

    return run


def test_an_up_that_would_replace_one_and_delete_another_names_both_and_makes_no_call(stack: Stack) -> None:
    stack.up(program())
    result = stack.up(program("south", both=False, new=True))
    assert isinstance(result.error, PlanError)
    assert "Thing::bucket would be replaced by a change of `place`" in str(result.error)
    assert "Thing::database would be deleted" in str(result.error)
    assert stack.cloud.calls == []


def test_a_renamed_protected_resource_is_refused_and_with_an_alias_it_is_the_same(stack: Stack) -> None:
    stack.up(lambda: Thing("old", KEPT, label="x"))
    assert "Thing::old would be deleted" in str(stack.up(lambda: Thing("new", KEPT, label="y")).error)
    assert stack.cloud.calls == []
    alias = pulumi.ResourceOptions(protect=True, aliases=[pulumi.Alias(name="old")])
    assert stack.up(lambda: Thing("new", alias, label="x")).changes == {"same": 2}


def test_a_replacement_that_was_asked_for_is_refused_too(stack: Stack) -> None:
    stack.up(program())
    assert "Thing::bucket would be replaced" in str(stack.up(program(), replaces=("bucket",)).error)
    assert stack.cloud.calls == []


def test_a_protected_resource_may_be_updated(stack: Stack) -> None:
    stack.up(lambda: Thing("a", KEPT, label="a", size=1))
    assert stack.up(lambda: Thing("a", KEPT, label="a", size=2)).changes == {"same": 1, "update": 1}


def test_what_may_come_otherwise_than_a_preview_fears_is_not_refused_beforehand(stack: Stack) -> None:
    """The place is the output of a resource that is replaced, and turns out to be what it was."""

    def run(size: int) -> Any:
        def program() -> None:
            base = Thing("base", place=str(size))
            place = base.arn.apply(lambda arn: arn[:4])
            Thing("bucket", KEPT, place=place)

        return program

    stack.up(run(1))
    assert stack.up(run(2)).outcome == "succeeded"


def test_a_destroy_names_all_of_them_before_the_first_call(stack: Stack) -> None:
    stack.up(program())
    with pytest.raises(PlanError) as raised:
        stack.destroy()
    assert "::bucket" in str(raised.value)
    assert "::database" in str(raised.value)
    assert stack.cloud.calls == []
