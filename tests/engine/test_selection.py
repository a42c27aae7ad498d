"""--target, --target-dependents, --exclude, --replace, --refresh, --parallel: exactly what they name, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import PlanError, UsageError
from mlops_iac.engine.deciding.options import Options
from tests.engine.conftest import Stack, errors, ops
from tests.engine.programs import Box, Thing


def program(size: int = 1, *, without: str = "") -> Any:
    """``b`` stands on ``a``, ``c`` on ``b``; ``d`` stands alone in a box."""

    def run() -> None:
        a = Thing("a", label="a", size=size)
        b = Thing("b", label="b", size=size, source=a.arn)
        if without != "c":
            Thing("c", label="c", size=size, source=b.arn)
        if without != "d":
            Thing("d", pulumi.ResourceOptions(parent=Box("box")), label="d", size=size)

    return run


def changed(stack: Stack) -> set[str]:
    return {label for _, label in stack.cloud.changing_calls()}


def test_only_the_target_is_changed(stack: Stack) -> None:
    stack.up(program(1))
    stack.up(program(2), targets=("b",))
    assert stack.cloud.calls == [("update", "b")]
    assert {name: stack.cloud.things[name]["size"] for name in "abcd"} == {"a": 1, "b": 2, "c": 1, "d": 1}
    assert stack.records()["a"].inputs["size"] == 1


def test_a_target_may_be_named_by_its_urn(stack: Stack) -> None:
    stack.up(program(1))
    stack.up(program(2), targets=(stack.records()["d"].urn,))
    assert changed(stack) == {"d"}


def test_what_stands_on_the_target_may_be_taken_along(stack: Stack) -> None:
    stack.up(program(1))
    stack.up(program(2), targets=("b",), target_dependents=True)
    assert changed(stack) == {"b", "c"}


def test_what_is_excluded_is_left_as_it_is(stack: Stack) -> None:
    stack.up(program(1))
    stack.up(program(2), excludes=("b", "d"))
    assert changed(stack) == {"a", "c"}


def test_a_target_is_made_with_the_components_it_is_in(stack: Stack) -> None:
    stack.up(program(), targets=("d",))
    assert stack.cloud.calls == [("create", "d")]
    assert {"box", "d"} <= set(stack.records())
    assert "a" not in stack.records()


def test_a_target_that_needs_what_is_not_there_is_refused(stack: Stack) -> None:
    result = stack.up(program(), targets=("b",))
    assert "What a target needs is not there yet" in errors(result)[0]
    assert "::a" in errors(result)[0]
    assert stack.cloud.calls == []


def test_nothing_that_is_not_a_target_is_deleted(stack: Stack) -> None:
    stack.up(program())
    stack.up(program(without="c"), targets=("d",))
    assert stack.cloud.changing_calls() == []
    stack.up(program(without="c"), targets=("c",))
    assert stack.cloud.calls == [("delete", "c")]


def test_a_preview_shows_what_the_up_would_do(stack: Stack) -> None:
    stack.up(program(1))
    assert stack.preview(program(2), targets=("a",)).changes["update"] == 1


def test_unknown_names_are_all_refused_with_the_nearest(stack: Stack) -> None:
    stack.up(program())
    with pytest.raises(UsageError) as raised:
        stack.up(program(), targets=("bx", "urn:pulumi:dev::lab::fake:index:Thing::dd"))
    assert "`bx`" in str(raised.value)
    assert "did you mean" in str(raised.value)
    assert "urn:pulumi:dev::lab::fake:index:Thing::d" in str(raised.value)
    assert stack.cloud.calls == []


def test_a_destroy_of_a_target_is_refused_while_something_stands_on_it(stack: Stack) -> None:
    stack.up(program())
    with pytest.raises(PlanError, match="Something stands on") as raised:
        stack.destroy(targets=("a",))
    assert "b stands on a" in str(raised.value).replace("urn:pulumi:dev::lab::fake:index:Thing::", "")
    assert stack.cloud.calls == []
    stack.destroy(targets=("a",), target_dependents=True)
    assert set(stack.cloud.things) == {"d"}


def test_a_destroy_keeps_what_is_excluded_and_what_that_stands_on(stack: Stack) -> None:
    stack.up(program())
    stack.destroy(excludes=("b",))
    assert set(stack.cloud.things) == {"a", "b"}


def test_a_refresh_reads_the_target_only(stack: Stack) -> None:
    stack.up(program())
    stack.cloud.calls.clear()
    stack.deployment.refresh(options=Options(targets=("b",)))
    assert stack.cloud.calls == [("read", "b")]


def test_a_resource_may_be_replaced_without_a_change(stack: Stack) -> None:
    def run() -> None:
        Thing("a", size=1)
        Thing("b", size=1)

    stack.up(run)
    result = stack.up(run, replaces=("a",))
    assert result.changes == {"same": 2, "replace": 1}
    assert "replace a" in ops(result)
    assert len(stack.cloud.things) == 2


def test_a_refresh_may_come_first_so_that_drift_is_mended(stack: Stack) -> None:
    stack.up(program(1))
    stack.cloud.things["a"]["size"] = 9
    assert stack.up(program(1)).changes == {"same": 6}
    result = stack.up(program(1), refresh=True)
    assert result.changes == {"same": 5, "update": 1}
    assert stack.cloud.things["a"]["size"] == 1


def test_a_refresh_that_comes_first_sees_what_is_gone(stack: Stack) -> None:
    stack.up(program(1))
    del stack.cloud.things["d"]
    assert stack.preview(program(1), refresh=True).changes["create"] == 1
    stack.up(program(1), refresh=True)
    assert "d" in stack.cloud.things
    stack.destroy(refresh=True)
    assert stack.cloud.things == {}


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_more_calls_run_at_once_than_asked_for(stack: Stack, parallel: int) -> None:
    def many() -> None:
        for index in range(6):
            Thing(f"t{index}", label=f"t{index}")

    stack.cloud.slow["create", "*"] = stack.cloud.slow["delete", "*"] = 0.02
    stack.up(many, parallel=parallel)
    assert stack.cloud.busiest == parallel
    stack.cloud.busiest = 0
    stack.destroy(parallel=parallel)
    assert stack.cloud.busiest == parallel


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": ("a",), "excludes": ("b",)}, "--target and --exclude"),
        ({"target_dependents": True}, "--target-dependents"),
        ({"parallel": 0}, "at least 1"),
    ],
)
def test_options_that_cannot_be_wanted_at_once_are_refused(options: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Options(**options)


def test_an_option_that_an_operation_has_no_use_for_is_refused_by_name(stack: Stack, tmp_path: Path) -> None:
    stack.up(program())
    with pytest.raises(UsageError, match="--replace and --plan"):
        stack.destroy(replaces=("a",), plan=tmp_path / "plan.json")
    with pytest.raises(UsageError, match="--refresh"):
        stack.deployment.refresh(options=Options(refresh=True))
    assert stack.cloud.calls == []
