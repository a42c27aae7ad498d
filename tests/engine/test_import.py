"""Taking over what exists: `import_`, which makes it ours, and `get`, which does not."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from mlops_iac.engine.values.value import Secret
from tests.engine.conftest import Stack, errors, ops
from tests.engine.programs import Thing

Options = pulumi.ResourceOptions


def importing(id: str = "theirs", opts: Options | None = None, **inputs: Any) -> Any:
    def program() -> None:
        thing = Thing("a", opts=Options.merge(Options(import_=id), opts), **inputs)
        pulumi.export("arn", thing.arn)

    return program


@pytest.fixture
def stack(stack: Stack) -> Stack:
    """With something in the cloud that nobody's state knows."""
    stack.cloud.things["theirs"] = {"label": "theirs", "size": 7, "tags": {"a": 1}}
    return stack


def test_what_exists_is_taken_over_without_a_change(stack: Stack) -> None:
    result = stack.up(importing(label="theirs", size=7))
    assert ops(result) == ["import a"]
    assert result.outputs == {"arn": "arn:fake:theirs"}
    assert stack.cloud.calls == [("read", "theirs")]
    record = stack.records()["a"]
    assert (record.id, record.inputs, record.external) == ("theirs", {"label": "theirs", "size": 7}, False)
    assert record.outputs["password"] == Secret("word-of-theirs")


def test_an_automatic_name_is_the_one_it_has(stack: Stack) -> None:
    assert stack.up(importing(size=7)).outcome == "succeeded"
    assert stack.records()["a"].inputs == {"label": "theirs", "size": 7}


def test_after_the_import_the_option_may_stay_or_go(stack: Stack) -> None:
    stack.up(importing(label="theirs", size=7))
    assert stack.up(importing(label="theirs", size=7)).changes == {"same": 2}
    assert stack.up(importing(label="theirs", size=8)).changes == {"same": 1, "update": 1}
    stack.up(lambda: Thing("a", label="theirs", size=8))
    assert stack.destroy().outcome == "succeeded"
    assert stack.cloud.things == {}


def test_inputs_that_differ_are_refused_one_by_one_and_nothing_is_changed(stack: Stack) -> None:
    result = stack.up(importing(label="theirs", size=8, tags={"a": 2}))
    message = errors(result)[0]
    assert "The inputs do not match the resource to import" in message
    assert "size: the program says 8, the cloud has 7" in message
    assert "tags.a: the program says 2, the cloud has 1" in message
    assert stack.cloud.changing_calls() == []
    assert "a" not in stack.records()
    assert stack.store.get("dev").pending == {}


def test_a_secret_that_differs_is_not_shown(stack: Stack) -> None:
    stack.cloud.things["theirs"]["word"] = "swordfish"

    def program() -> None:
        Thing("a", opts=Options(import_="theirs"), label="theirs", word=pulumi.Output.secret("hunter2"))

    result = stack.up(program)
    assert '"[secret]"' in errors(result)[0]
    assert "hunter2" not in errors(result)[0]


def test_a_difference_that_is_to_be_ignored_is_none(stack: Stack) -> None:
    assert stack.up(importing(label="theirs", size=8, opts=Options(ignore_changes=["size"]))).outcome == "succeeded"
    assert stack.records()["a"].inputs["size"] == 7


def test_what_is_not_there_cannot_be_imported(stack: Stack) -> None:
    assert "`nobodys`" in errors(stack.up(importing("nobodys", label="x")))[0]


def test_a_preview_shows_the_import_and_asks_no_cloud(stack: Stack) -> None:
    result = stack.preview(importing(label="theirs", size=7))
    assert ops(result) == ["import a"]
    assert stack.cloud.calls == []


def test_an_import_over_another_resource_replaces_it(stack: Stack) -> None:
    stack.up(lambda: Thing("a", label="mine", size=7))
    result = stack.up(importing(label="theirs", size=7))
    assert ops(result) == ["import-replacement a", "replace a", "delete-replaced a"]
    assert set(stack.cloud.things) == {"theirs"}
    assert stack.records()["a"].id == "theirs"


def test_an_import_over_a_protected_resource_is_refused(stack: Stack) -> None:
    stack.up(lambda: Thing("a", opts=Options(protect=True), label="mine"))
    assert "would be replaced by a change of `id`" in str(stack.up(importing(label="theirs", size=7)).error)
    assert set(stack.cloud.things) == {"mine", "theirs"}


def test_what_was_read_as_somebody_elses_may_be_imported(stack: Stack) -> None:
    stack.up(lambda: Thing("a", opts=Options(id="theirs")))
    assert stack.records()["a"].external
    assert ops(stack.up(importing(label="theirs", size=7))) == ["import a"]
    assert not stack.records()["a"].external
