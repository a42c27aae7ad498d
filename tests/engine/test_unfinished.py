"""A create of two calls, of which the second fails: what was made is recorded, and finished by the next `up`."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Created, Unfinished
from mlops_iac.engine.values.value import UNKNOWN
from tests.engine.conftest import Stack, errors, ops
from tests.engine.fake_provider import FakeHandler
from tests.engine.programs import Thing


class TwoCalls:
    """Makes a thing without its ``size``, which a call of its own sets; it is refused while ``refusals`` last."""

    def __init__(self) -> None:
        self.refusals: list[CloudError] = []
        self.begun: list[Any] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        create, update = FakeHandler.create, FakeHandler.update

        def two(handler: FakeHandler, scope: Any, inputs: Any) -> Created:
            made = create(handler, scope, {**inputs, "size": 0})
            try:
                self._size(handler, made.id, inputs)
            except CloudError as error:
                raise Unfinished(error, made) from error
            return Created(made.id, handler._outputs(made.id))

        def later(handler: FakeHandler, scope: Any, id: str, old: Any, new: Any, outputs: Any) -> dict[str, Any]:
            self.begun.append(old)
            if old.get("size") is UNKNOWN:
                self._size(handler, id, new)
            return update(handler, scope, id, old, new, outputs)

        monkeypatch.setattr(FakeHandler, "create", two)
        monkeypatch.setattr(FakeHandler, "update", later)
        monkeypatch.setattr(FakeHandler, "begun", lambda self, inputs: {**inputs, "size": UNKNOWN}, raising=False)

    def _size(self, handler: FakeHandler, id: str, inputs: Any) -> None:
        handler.cloud.called("size", id)
        if self.refusals:
            raise self.refusals.pop(0)
        handler.cloud.things[id]["size"] = inputs["size"]


@pytest.fixture
def two_calls(monkeypatch: pytest.MonkeyPatch) -> TwoCalls:
    calls = TwoCalls()
    calls.install(monkeypatch)
    return calls


def refusal(code: str = "AccessDenied", text: str = "") -> CloudError:
    return CloudError("Cloud refused a request.", f"SetSize answered {code}. {text}", code=code)


def program(size: int = 5, **more: Any) -> Any:
    return lambda: Thing("a", label="a", size=size, **more)


def fields_of(stack: Stack, name: str) -> dict[str, Any]:
    document = json.loads(stack.file.read_text())
    found: list[dict[str, Any]] = document["checkpoint"]["latest"]["resources"]
    return next(fields for fields in found if fields["urn"].endswith(f"::{name}"))


def test_what_was_made_is_in_the_state_with_the_reason_as_pulumi_writes_it(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal()]
    result = stack.up(program())
    assert result.outcome == "failed"
    assert "`a` was made all the same" in errors(result)[0]
    fields = fields_of(stack, "a")
    assert fields["id"] == "a"
    assert fields["inputs"]["size"] == 5
    assert fields["initErrors"] == errors(result)
    keys = list(fields)
    assert keys.index("initErrors") == keys.index("provider") - 1
    assert stack.store.get("dev").pending == {}


def test_the_next_up_finishes_it_with_an_update_that_its_preview_promised(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal()]
    stack.up(program())
    assert "update a" in ops(stack.preview(program()))
    assert "update a" in ops(stack.up(program()))
    assert stack.cloud.calls == [("size", "a"), ("update", "a"), ("read", "a")]
    assert stack.cloud.things["a"]["size"] == 5
    assert "initErrors" not in fields_of(stack, "a")
    assert stack.up(program()).changes == {"same": 2}


def test_the_program_may_change_before_it_is_finished(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal()]
    stack.up(program(size=5))
    assert stack.up(program(size=3)).outcome == "succeeded"
    assert stack.cloud.things["a"]["size"] == 3
    assert stack.records()["a"].inputs["size"] == 3


def test_a_second_refusal_leaves_it_unfinished(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal(), refusal()]
    stack.up(program())
    assert stack.up(program()).outcome == "failed"
    assert stack.records()["a"].init_errors
    assert stack.deployment.refresh().outcome == "succeeded"
    assert stack.records()["a"].init_errors, "a refresh finishes nothing"
    assert stack.up(program()).outcome == "succeeded"
    assert stack.records()["a"].init_errors == ()


def test_a_destroy_deletes_it(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal()]
    stack.up(program())
    assert stack.destroy().outcome == "succeeded"
    assert stack.cloud.things == {}
    assert list(stack.store.get("dev")) == []


def test_a_failure_that_passes_is_waited_out_and_the_thing_is_not_made_twice(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal("Throttling"), refusal("Throttling")]
    assert stack.up(program()).outcome == "succeeded"
    assert [call for call in stack.cloud.calls if call[0] == "create"] == [("create", "a")]
    assert stack.cloud.things["a"]["size"] == 5
    assert stack.records()["a"].init_errors == ()


def test_a_replacement_that_is_not_finished_is_there_and_the_old_one_goes_when_it_is(
    stack: Stack, two_calls: TwoCalls
) -> None:
    stack.up(program())
    two_calls.refusals = [refusal()]
    other = lambda: Thing("a", label="b", size=5)  # noqa: E731
    assert stack.up(other).outcome == "failed"
    assert {(record.id, record.delete) for record in stack.store.get("dev") if record.id in "ab"} >= {
        ("a", True),
        ("b", False),
    }
    assert stack.up(other).outcome == "succeeded"
    assert set(stack.cloud.things) == {"b"}
    assert stack.cloud.things["b"]["size"] == 5


def test_what_stands_on_it_is_left_out_until_it_is_finished(stack: Stack, two_calls: TwoCalls) -> None:
    def two() -> None:
        a = Thing("a", label="a", size=5)
        Thing("b", label="b", size=1, source=a.arn)

    two_calls.refusals = [refusal()]
    stack.up(two)
    assert set(stack.cloud.things) == {"a"}
    stack.up(two)
    assert {label: thing["size"] for label, thing in stack.cloud.things.items()} == {"a": 5, "b": 1}


def test_a_create_that_was_cut_off_between_its_calls_is_adopted_and_finished(
    stack: Stack, two_calls: TwoCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FakeHandler.create

    def cut(handler: FakeHandler, scope: Any, inputs: Any) -> Created:
        handler.cloud.put("a", {**inputs, "size": 0, "region": scope.region, "made": 0})
        raise CloudError("Lost.", "The answer never came.", unsure=True)

    monkeypatch.setattr(FakeHandler, "create", cut)
    stack.up(program())
    monkeypatch.setattr(FakeHandler, "create", real)
    assert stack.up(program()).outcome == "succeeded"
    assert ("create", "a") not in stack.cloud.calls
    assert stack.cloud.things["a"]["size"] == 5
    assert stack.up(program()).changes == {"same": 2}


def test_a_reason_that_repeats_a_secret_is_recorded_without_it(stack: Stack, two_calls: TwoCalls) -> None:
    two_calls.refusals = [refusal(text="The word s3cret-w0rd is too short.")]
    stack.up(lambda: Thing("a", label="a", size=5, word=pulumi.Output.secret("s3cret-w0rd")))
    assert "The word [secret] is too short." in fields_of(stack, "a")["initErrors"][0]
    assert "s3cret-w0rd" not in stack.file.read_text()
