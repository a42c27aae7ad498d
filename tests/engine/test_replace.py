"""Replacements: what is made, what is deleted, and in which order."""

from __future__ import annotations

from typing import Any

import pulumi

from mlops_iac.core.errors import CloudError, PlanError
from tests.engine.conftest import Stack, ops, step_of
from tests.engine.programs import Thing

Options = pulumi.ResourceOptions


def chain(a: dict[str, Any], b: dict[str, Any] | None = None, opts: Options | None = None) -> Any:
    """``b`` takes the ARN of ``a`` as its place, which cannot be changed in place."""

    def program() -> None:
        first = Thing("a", opts=opts, **a)
        Thing("b", place=first.arn, **(b or {}))

    return program


def test_the_replacement_is_made_before_the_old_one_is_deleted(stack: Stack) -> None:
    stack.up(chain({"place": "x"}))
    old_a, old_b = stack.records()["a"].id, stack.records()["b"].id
    result = stack.up(chain({"place": "y"}))
    assert ops(result) == [
        "create-replacement a",
        "replace a",
        "create-replacement b",
        "replace b",
        "delete-replaced b",
        "delete-replaced a",
    ]
    assert result.changes == {"replace": 2, "same": 1}
    assert [call for call, _ in stack.cloud.calls] == ["create", "create", "delete", "delete"]
    assert stack.cloud.calls[2:] == [("delete", old_b), ("delete", old_a)]
    assert step_of(result, "a").replace_reasons == ("place",)
    assert stack.records()["a"].id != old_a


def test_a_preview_of_a_replacement_shows_the_same_steps(stack: Stack) -> None:
    stack.up(chain({"place": "x"}))
    program = chain({"place": "y"})
    shown = stack.preview(program)
    done = stack.up(program)
    assert ops(shown) == ops(done)
    assert shown.changes == done.changes


def test_what_has_a_name_of_its_own_is_deleted_first_and_what_stands_on_it_before_that(stack: Stack) -> None:
    stack.up(chain({"label": "a", "place": "x"}, {"label": "b"}))
    program = chain({"label": "a", "place": "y"}, {"label": "b"})
    shown = stack.preview(program)
    result = stack.up(program)
    assert result.outcome == "succeeded"
    assert stack.cloud.calls == [("delete", "b"), ("delete", "a"), ("create", "a"), ("create", "b")]
    assert ops(shown) == ops(result)
    assert ops(result) == [
        "delete-replaced b",
        "delete-replaced a",
        "replace a",
        "create-replacement a",
        "replace b",
        "create-replacement b",
    ]
    assert result.changes == {"replace": 2, "same": 1}


def test_the_program_may_say_that_the_old_one_goes_first(stack: Stack) -> None:
    stack.up(chain({"place": "x"}, opts=Options(delete_before_replace=True)))
    old_a, old_b = stack.records()["a"].id, stack.records()["b"].id
    stack.up(chain({"place": "y"}, opts=Options(delete_before_replace=True)))
    assert stack.cloud.calls[:2] == [("delete", old_b), ("delete", old_a)]


def test_a_protected_resource_is_not_replaced(stack: Stack) -> None:
    stack.up(chain({"label": "a", "place": "x"}, opts=Options(protect=True)))
    program = chain({"label": "a", "place": "y"}, opts=Options(protect=True))
    assert isinstance(stack.preview(program).error, PlanError)
    result = stack.up(program)
    assert result.outcome == "failed"
    assert "protected" in str(result.error)
    assert stack.cloud.changing_calls() == []


def test_a_replacement_that_would_delete_a_protected_dependent_is_refused_before_anything_is_touched(
    stack: Stack,
) -> None:
    def program(place: str) -> Any:
        def run() -> None:
            a = Thing("a", label="a", place=place)
            Thing("b", opts=Options(protect=True), label="b", place=a.arn)

        return run

    stack.up(program("x"))
    result = stack.up(program("y"))
    assert "::b" in str(result.error)
    assert stack.cloud.changing_calls() == []


def test_a_replacement_that_could_not_be_made_leaves_the_old_one(stack: Stack) -> None:
    stack.up(chain({"label": "a"}))
    stack.cloud.fails["create", "a2"] = CloudError("No.", "not today")
    result = stack.up(chain({"label": "a2"}))
    assert result.outcome == "failed"
    assert "a" in stack.cloud.things
    assert stack.records()["a"].id == "a"
    stack.cloud.fails.clear()
    assert stack.up(chain({"label": "a2"})).outcome == "succeeded"
    assert "a" not in stack.cloud.things


def test_a_replacement_that_was_cut_between_delete_and_create_is_finished(stack: Stack) -> None:
    stack.up(chain({"label": "a", "place": "x"}, {"label": "b"}))
    stack.cloud.fails["create", "a"] = CloudError("No.", "not today")
    failed = stack.up(chain({"label": "a", "place": "y"}, {"label": "b"}))
    assert failed.outcome == "failed"
    assert stack.cloud.things == {}
    stack.cloud.fails.clear()
    result = stack.up(chain({"label": "a", "place": "y"}, {"label": "b"}))
    assert result.outcome == "succeeded"
    assert set(stack.cloud.things) == {"a", "b"}
    assert stack.up(chain({"label": "a", "place": "y"}, {"label": "b"})).changes == {"same": 3}


def test_a_cut_replacement_of_which_something_else_is_wanted_now_is_made_so(stack: Stack) -> None:
    stack.up(chain({"label": "a", "place": "x"}, {"label": "b"}))
    stack.cloud.fails["create", "a"] = CloudError("No.", "not today")
    stack.up(chain({"label": "a", "place": "y"}, {"label": "b"}))
    assert stack.up(chain({"label": "z", "place": "w"}, {"label": "b"})).outcome == "succeeded"
    assert set(stack.cloud.things) == {"z", "b"}
    assert stack.up(chain({"label": "z", "place": "w"}, {"label": "b"})).changes == {"same": 3}


def test_a_cut_replacement_that_is_no_longer_wanted_is_forgotten(stack: Stack) -> None:
    stack.up(chain({"label": "a", "place": "x"}, {"label": "b"}))
    stack.cloud.fails["create", "a"] = CloudError("No.", "not today")
    stack.up(chain({"label": "a", "place": "y"}, {"label": "b"}))
    assert stack.up(lambda: None).outcome == "succeeded"
    assert stack.cloud.changing_calls() == []
    assert [record.name for record in stack.store.get("dev")] == ["lab-dev"]


def test_an_old_one_whose_deletion_failed_is_deleted_by_the_next_up(stack: Stack) -> None:
    stack.up(chain({"label": "a"}))
    stack.cloud.fails["delete", "a"] = CloudError("No.", "in use")
    assert stack.up(chain({"label": "a2"})).outcome == "failed"
    assert [record.id for record in stack.store.get("dev") if record.delete] == ["a"]
    stack.cloud.fails.clear()
    result = stack.up(chain({"label": "a2"}))
    assert "delete-replaced a" in ops(result)
    assert "a" not in stack.cloud.things
