"""Functions of a provider that a program asks: with what is known, what is not known yet, and what is secret."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime.resource import exists_resource
from pulumi.runtime.settings import register_package

from mlops_iac.engine.values.value import UNKNOWN, Secret
from tests.engine.conftest import Stack
from tests.engine.programs import Thing

WHOAMI = "fake:index/whoami:whoami"


def ask(**args: Any) -> pulumi.Output[Any]:
    return pulumi.runtime.invoke_output(WHOAMI, args)


def test_an_argument_that_is_not_known_makes_the_answer_unknown_and_asks_nobody(stack: Stack) -> None:
    def program() -> None:
        a = Thing("a", label="a")
        pulumi.export("answer", ask(of=a.arn))

    asked: list[str] = []
    real = stack.cloud.invoke
    stack.cloud.invoke = lambda scope, token, args: asked.append(token) or real(scope, token, args)  # type: ignore[func-returns-value,method-assign]
    assert stack.preview(program).outputs == {"answer": UNKNOWN}
    assert asked == []
    assert stack.up(program).outputs["answer"]["of"] == "arn:fake:a"
    assert stack.preview(program).outputs["answer"]["of"] == "arn:fake:a"


def test_a_secret_argument_makes_the_answer_secret(stack: Stack) -> None:
    def program() -> None:
        pulumi.export("answer", ask(word=pulumi.Output.secret("swordfish")))

    answer = stack.up(program).outputs["answer"]
    assert isinstance(answer, Secret)
    assert answer.value["word"] == "swordfish"
    assert "swordfish" not in stack.file.read_text()


def test_what_the_provider_is_asked_is_in_clear(stack: Stack) -> None:
    seen: list[Any] = []
    real = stack.cloud.invoke
    stack.cloud.invoke = lambda scope, token, args: seen.append(args) or real(scope, token, args)  # type: ignore[func-returns-value,method-assign]
    stack.preview(lambda: pulumi.export("answer", ask(word=pulumi.Output.secret("swordfish"))))
    assert seen == [{"word": "swordfish"}]


def test_an_answer_that_waits_for_a_resource_is_not_known_before_it_is_there(stack: Stack) -> None:
    def program() -> None:
        a = Thing("a", label="a")
        options = pulumi.InvokeOutputOptions(depends_on=[a])
        pulumi.export("answer", pulumi.runtime.invoke_output(WHOAMI, {"x": 1}, options))

    assert stack.preview(program).outputs == {"answer": UNKNOWN}
    assert stack.up(program).outputs["answer"]["x"] == 1
    assert stack.preview(program).outputs["answer"]["x"] == 1


def test_an_explicit_provider_decides_the_region_of_an_invoke(stack: Stack) -> None:
    def program() -> None:
        there = pulumi.ProviderResource("fake", "there", {"region": "us-east-1"})
        answer = pulumi.runtime.invoke_output(WHOAMI, {}, pulumi.InvokeOptions(provider=there))
        pulumi.export("region", answer["region"])

    assert stack.up(program).outputs == {"region": "us-east-1"}


def test_the_outputs_of_a_component_are_in_state_and_secrets_in_them_are_encrypted(stack: Stack) -> None:
    class Shop(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("test:index:Shop", "shop")
            thing = Thing("a", pulumi.ResourceOptions(parent=self), label="a")
            self.register_outputs({"arn": thing.arn, "word": thing.password, "parts": [thing.label]})

    stack.up(lambda: Shop())
    assert stack.records()["shop"].outputs == {"arn": "arn:fake:a", "word": Secret("word-of-a"), "parts": ["a"]}
    assert "word-of-a" not in stack.file.read_text()


@pytest.mark.parametrize(("label", "answer"), [("there", True), ("nowhere", False)])
def test_a_program_may_ask_whether_a_resource_exists_and_a_preview_does_not_know(
    stack: Stack, label: str, answer: bool
) -> None:
    stack.cloud.things["there"] = {"label": "there"}

    def program() -> None:
        exists = exists_resource(None, "fake:index:Thing", label, {}, pulumi.ResourceOptions())
        pulumi.export("exists", exists)

    assert stack.preview(program).outputs == {"exists": UNKNOWN}
    assert stack.cloud.calls == []
    assert stack.up(program).outputs == {"exists": answer}


def test_what_the_engine_does_not_do_is_refused_by_its_name(stack: Stack) -> None:
    def calls() -> None:
        pulumi.export("answer", pulumi.runtime.call("fake:index:Thing/method", {}, Thing("a", label="a")))

    async def packages() -> None:
        await register_package("base", "1.0.0", "", "extra", "1.0.0", "")

    assert "method calls on resources (`fake:index:Thing/method`)" in str(stack.up(calls).error)
    assert "parameterized packages (`base`)" in str(stack.up(packages).error)
