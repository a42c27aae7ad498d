"""The steps of a resource's life are taken in one place, whichever engine decides about them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.life_cycle import LifeCycle
from mlops_iac.engine.values.value import UNKNOWN, Secret

ROOT = Path(__file__).parents[2] / "mlops_iac"
STEPS = {"check", "replaces", "create", "read", "find", "update", "delete"}
WHERE = {
    "engine/life_cycle.py": STEPS,
    "engine/doing/unfinished.py": {"update", "read"},  # the rest of a create of several calls
}
"""Files of either engine that call a handler's methods, and which."""


class Recorder:
    """A handler that notes what it was given, and answers it."""

    type = "fake:index:Thing"

    def __init__(self) -> None:
        self.given: list[Any] = []

    def check(self, scope: Scope, name: str, old: Any, new: Any) -> dict[str, Any]:
        self.given.append((old, new))
        return {**new, "name": name, "nothing": None}

    def replaces(self, scope: Scope, old: Any, new: Any, changed: frozenset[str]) -> frozenset[str]:
        self.given.append((old, new))
        return frozenset({"key", "size"})

    def recomputes(self, changed: frozenset[str]) -> frozenset[str]:
        return frozenset({"revision"})

    def secrets(self) -> frozenset[str]:
        return frozenset({"token"})

    def update(self, scope: Scope, id: str, old: Any, new: Any, outputs: Any) -> dict[str, Any]:
        self.given.append((id, old, new, outputs))
        return dict(new)

    def create(self, scope: Scope, inputs: Any) -> Created:
        self.given.append(inputs)
        return Created("id-1", dict(inputs))


@pytest.fixture
def handler() -> Recorder:
    return Recorder()


@pytest.fixture
def life(handler: Any) -> LifeCycle:
    return LifeCycle(handler, Scope(stack="dev", project="lab"))


def test_handlers_see_no_secret_and_what_is_stored_is_marked_again(life: LifeCycle, handler: Recorder) -> None:
    assert life.check("a", {"key": Secret("s"), "size": 1}, None) == {"key": Secret("s"), "size": 1, "name": "a"}
    assert life.create({"key": Secret("s")}).outputs == {"key": "s"}
    assert handler.given == [(None, {"key": "s", "size": 1}), {"key": "s"}]


def test_an_update_goes_from_the_old_inputs_to_the_new(life: LifeCycle, handler: Recorder) -> None:
    made = life.update("id-1", {"key": Secret("s")}, {"key": Secret("t")}, {"arn": Secret("a")})
    assert made == Created("id-1", {"key": "t"})
    assert handler.given == [("id-1", {"key": "s"}, {"key": "t"}, {"arn": "a"})]


def test_a_check_without_an_old_one_is_not_a_check_with_an_empty_one(life: LifeCycle, handler: Recorder) -> None:
    life.check("a", {}, None)
    life.check("a", {}, {})
    assert handler.given == [(None, {}), ({}, {})]


def test_only_what_changed_forces(life: LifeCycle) -> None:
    assert life.forcing({"size": 1}, {"size": 2}, frozenset({"size", "label"})) == {"size"}


def test_an_update_is_expected_to_keep_what_the_cloud_computed_and_no_more(life: LifeCycle) -> None:
    outputs = {"arn": "arn", "size": 1, "gone": "x", "revision": 3}
    assert life.expected({"size": 2}, frozenset({"size", "gone"}), outputs) == {
        "arn": "arn",
        "size": 2,
        "revision": UNKNOWN,
    }


def test_outputs_are_sealed_by_the_handler_the_program_and_secret_inputs_wherever_they_come_back(
    life: LifeCycle,
) -> None:
    answered = {"token": "t", "asked": "a", "key": "s3cret", "copies": {"all": ["s3cret", "plain"]}, "none": None}
    assert life.seal(answered, {"key": Secret("s3cret")}, ("asked",)) == {
        "token": Secret("t"),
        "asked": Secret("a"),
        "key": Secret("s3cret"),
        "copies": {"all": [Secret("s3cret"), "plain"]},
    }


def test_no_other_part_of_an_engine_calls_a_handlers_steps() -> None:
    found: dict[str, set[str]] = {}
    for room in ("engine", "cloud/plugin"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr in STEPS:
                    owner = ast.unparse(node.value)
                    if owner == "handler" or owner.endswith((".handler", "handler()")) or ".handler(" in owner:
                        found.setdefault(path.relative_to(ROOT).as_posix(), set()).add(node.attr)
    assert found == WHERE
