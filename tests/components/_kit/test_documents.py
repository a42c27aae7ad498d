"""Documents are the same text whenever they say the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from mlops_iac.components._kit.documents import dumps, policy, render, settled
from tests.components.world import run


def test_keys_and_resources_are_sorted() -> None:
    statement = {"Sid": "A", "Effect": "Allow", "Resource": ["b", "a", "b"]}
    turned = {"Resource": ["a", "b"], "Effect": "Allow", "Sid": "A"}
    assert dumps(policy([statement])) == dumps(policy([turned]))
    assert json.loads(dumps(statement))["Resource"] == ["a", "b"]


def test_lists_that_are_no_resources_keep_their_order() -> None:
    assert json.loads(dumps({"rules": [3, 1, 2]})) == {"rules": [3, 1, 2]}


def value_of(make: Callable[[], pulumi.Output[Any]]) -> Any:
    """What an Output made inside a program comes to."""
    values: list[Any] = []
    run(lambda: make().apply(values.append) and None)
    return values[0]


def later(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(asyncio.sleep(0, value))


async def promised(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: {"a": 1, "b": ["x", ("y",)]}, {"a": 1, "b": ["x", ["y"]]}),
        (lambda: {"a": later("arn"), "b": [later(1), {"c": later([later(2)])}]}, {"a": "arn", "b": [1, {"c": [2]}]}),
        (lambda: later({"a": later("arn")}), {"a": "arn"}),
        (lambda: promised({"a": later("arn")}), {"a": "arn"}),
        (lambda: "text", "text"),
        (dict, {}),
    ],
    ids=["nothing to wait for", "outputs anywhere", "an output of outputs", "an awaitable", "text", "empty"],
)
def test_a_document_settles_to_its_values(make: Callable[[], Any], expected: Any) -> None:
    assert json.loads(value_of(lambda: settled(make()).apply(json.dumps))) == expected


def test_what_a_document_stands_on_and_what_is_secret_in_it_is_not_forgotten() -> None:
    kept: dict[str, bool] = {}

    async def look(output: pulumi.Output[Any]) -> None:
        kept["secret"] = await output.is_secret()
        kept["known"] = await output.is_known()

    def program() -> None:
        secret = render({"key": pulumi.Output.secret("hunter2")})
        pulumi.Output.from_input(look(secret))

    run(program)
    assert kept == {"secret": True, "known": True}


def test_one_output_in_many_places_is_waited_for_once() -> None:
    asked = []

    def make() -> pulumi.Output[Any]:
        arn = later("arn").apply(lambda value: asked.append(value) or value)
        return render(policy([{"Effect": "Allow", "Resource": [arn, arn]}, {"Effect": "Deny", "Resource": arn}]))

    text = value_of(make)
    assert json.loads(text)["Statement"] == [
        {"Effect": "Allow", "Resource": ["arn"]},
        {"Effect": "Deny", "Resource": "arn"},
    ]
    assert asked == ["arn"]
