"""A saved plan: what was looked at is what is done, or nothing is."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import AuthenticationError, PlanError
from mlops_iac.engine.deciding.plan_file import load_plan
from mlops_iac.engine.values.value import UNKNOWN
from tests.engine.conftest import Stack, errors, ops
from tests.engine.programs import Box, Thing

RECORDED = Path(__file__).parent / "recorded/plan.json"


def program(size: int = 1, *, more: bool = False, token: str = "hunter2") -> Any:
    def run() -> None:
        box = Box("box")
        here = pulumi.ResourceOptions(parent=box)
        a = Thing("a", here, size=size, token=pulumi.Output.secret(token))
        Thing("b", here, source=a.arn, word=a.password)
        if more:
            Thing("c", here)
        pulumi.export("a", a.arn)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_what_was_planned_is_done_with_the_very_names_that_were_planned(stack: Stack, file: Path) -> None:
    stack.preview(program(), plan=file)
    planned = load_plan(file, lambda: "pass")
    names = {urn.rsplit("::", 1)[1]: entry.inputs.get("label") for urn, entry in planned.resources.items()}
    result = stack.up(program(), plan=file)
    assert result.outcome == "succeeded"
    assert set(stack.cloud.things) == {names["a"], names["b"]}
    assert stack.up(program()).changes == {"same": 4}


def test_an_update_a_replacement_and_a_deletion_can_be_planned(stack: Stack, file: Path) -> None:
    def before() -> None:
        Thing("up", size=1)
        Thing("anew", place="north")
        Thing("gone")

    def after() -> None:
        Thing("up", size=2)
        Thing("anew", place="south")

    stack.up(before)
    shown = stack.preview(after, plan=file)
    result = stack.up(after, plan=file)
    assert result.changes == shown.changes == {"same": 1, "update": 1, "replace": 1, "delete": 1}
    assert sorted(ops(result)) == sorted(ops(shown))


def test_a_plan_is_made_once_and_carried_out_once(stack: Stack, file: Path) -> None:
    stack.preview(program(), plan=file)
    stack.up(program(), plan=file)
    with pytest.raises(PlanError, match="out of date"):
        stack.up(program(), plan=file)
    assert stack.cloud.calls == []


def test_a_changed_program_is_refused_with_every_difference_before_any_call(stack: Stack, file: Path) -> None:
    stack.preview(program(1), plan=file)
    with pytest.raises(PlanError, match="would not be kept") as raised:
        stack.up(program(2, more=True), plan=file)
    assert "a: size: planned is 1, and it would be 2 now" in str(raised.value)
    assert "c: it is not in the plan" in str(raised.value)
    assert stack.cloud.calls == []


def test_a_resource_that_the_program_lost_is_refused(stack: Stack, file: Path) -> None:
    stack.preview(program(more=True), plan=file)
    with pytest.raises(PlanError, match="no longer has them") as raised:
        stack.up(program(), plan=file)
    assert "::c" in str(raised.value)
    assert stack.cloud.calls == []


def test_a_deletion_that_was_not_planned_is_refused(stack: Stack, file: Path) -> None:
    stack.up(program(more=True))
    stack.preview(program(2, more=True), plan=file)
    with pytest.raises(PlanError, match="not planned"):
        stack.up(program(2), plan=file)
    assert stack.cloud.calls == []


def test_a_changed_state_is_refused_by_name(stack: Stack, file: Path) -> None:
    stack.up(program(1))
    stack.preview(program(2), plan=file)
    stack.up(program(3, more=True))
    with pytest.raises(PlanError, match="out of date") as raised:
        stack.up(program(2), plan=file)
    assert "Thing::a was changed" in str(raised.value)
    assert "Thing::c is new" in str(raised.value)


def test_a_changed_configuration_is_refused_and_a_secret_one_is_not_shown(stack: Stack, file: Path) -> None:
    stack.preview(program(), plan=file)
    stack.config = {"fake:region": "us-east-1", "lab:token": "swordfish"}
    with pytest.raises(PlanError, match="out of date") as raised:
        stack.up(program(), plan=file)
    assert 'fake:region: planned with "eu-west-1", and it is "us-east-1" now' in str(raised.value)
    assert "lab:token" in str(raised.value)
    assert "swordfish" not in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_changed_secret_input_is_refused_and_not_shown(stack: Stack, file: Path) -> None:
    stack.preview(program(token="one-word"), plan=file)
    with pytest.raises(PlanError) as raised:
        stack.up(program(token="other-word"), plan=file)
    assert 'token: planned is "[secret]"' in str(raised.value)
    assert "-word" not in str(raised.value)


def test_a_value_that_turns_out_otherwise_than_planned_is_not_deployed(stack: Stack, file: Path) -> None:
    """A program that says something else each time gets past the trial run, and not past the plan."""
    runs: list[None] = []

    def fickle() -> None:
        runs.append(None)
        Thing("a", label="a", size=2 if len(runs) == 3 else 1)

    stack.preview(fickle, plan=file)
    result = stack.up(fickle, plan=file)
    assert "a: size: planned is 1, and it would be 2 now" in errors(result)[0]
    assert stack.cloud.calls == []


def test_a_plan_of_another_stack_is_refused(stack: Stack, file: Path) -> None:
    stack.preview(program(), plan=file)
    stack.name = "prod"
    with pytest.raises(PlanError, match="another stack") as raised:
        stack.up(program(), plan=file)
    assert "organization/lab/dev" in str(raised.value)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"config": {}, "resourcePlans": {}}', "not json", "\x00"])
def test_what_is_not_a_plan_is_refused(stack: Stack, file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(PlanError, match="not a plan"):
        stack.up(program(), plan=file)


def test_a_plan_that_is_not_there_is_refused(stack: Stack, file: Path) -> None:
    with pytest.raises(PlanError, match="No such plan"):
        stack.up(program(), plan=file)


def test_a_wrong_passphrase_is_told(stack: Stack, file: Path) -> None:
    stack.preview(program(), plan=file)
    with pytest.raises(AuthenticationError, match="Wrong passphrase"):
        load_plan(file, lambda: "other")


def test_the_file_is_its_owners_and_holds_no_secret_in_clear(stack: Stack, file: Path) -> None:
    stack.preview(program(token="swordfish"), plan=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "swordfish" not in file.read_text()
    assert "hunter2" not in file.read_text()


def test_a_preview_that_fails_saves_no_plan(stack: Stack, file: Path) -> None:
    result = stack.preview(lambda: Thing("a", broken=True), plan=file)
    assert errors(result)
    assert not file.exists()


def test_the_file_has_the_shape_of_pulumis(stack: Stack, file: Path) -> None:
    """Held to a plan that the Pulumi CLI wrote: every key of ours is one of its keys, but for the one that is ours."""
    stack.up(program(1))
    stack.preview(program(2), plan=file)
    ours, theirs = json.loads(file.read_text()), json.loads(RECORDED.read_text())
    assert set(ours) == {*theirs, "mlops-iac"}
    entry_keys = {key for entry in theirs["resourcePlans"].values() for key in entry}
    goal_keys = {key for entry in theirs["resourcePlans"].values() for key in entry["goal"]}
    for entry in ours["resourcePlans"].values():
        assert set(entry) <= {*entry_keys, "mlops-iac"}
        assert set(entry["goal"]) <= goal_keys
    update = next(entry for urn, entry in ours["resourcePlans"].items() if urn.endswith("Thing::a"))
    assert update["goal"]["inputDiff"] == {"updates": {"size": 2}}
    assert update["steps"] == ["update"]


def test_what_is_not_known_in_the_plan_may_be_anything(stack: Stack, file: Path) -> None:
    stack.preview(program(), plan=file)
    planned = load_plan(file, lambda: "pass")
    b = next(entry for urn, entry in planned.resources.items() if urn.endswith("::b"))
    assert b.inputs["source"] is UNKNOWN
    assert stack.up(program(), plan=file).outcome == "succeeded"


def test_a_program_that_raises_raises_no_plan_error(stack: Stack, file: Path) -> None:
    def raises() -> None:
        raise LookupError("the program's own")

    stack.preview(program(), plan=file)
    result = stack.up(raises, plan=file)
    assert isinstance(result.error, LookupError)
    assert stack.cloud.changing_calls() == []
