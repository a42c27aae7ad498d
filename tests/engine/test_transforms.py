"""Transforms of the program: of one resource, of a component's children, of everything, of invokes."""

from __future__ import annotations

from typing import Any

import pulumi

from mlops_iac.engine.values.value import Secret
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Box, Thing

Options = pulumi.ResourceOptions
Args, Answer = pulumi.ResourceTransformArgs, pulumi.ResourceTransformResult


def tagged(args: Args) -> Answer | None:
    if not args.type_.startswith("fake:"):
        return None
    return Answer(props={**args.props, "tags": {"owner": "us"}}, opts=args.opts)


def test_a_stack_transform_changes_every_resource(stack: Stack) -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(tagged)
        a = Thing("a", label="a")
        Thing("b", label="b", source=a.arn, word=pulumi.Output.secret("x"))

    assert stack.up(program).outcome == "succeeded"
    assert stack.cloud.things["a"]["tags"] == stack.cloud.things["b"]["tags"] == {"owner": "us"}
    record = stack.records()["b"]
    assert record.inputs["word"] == Secret("x")
    assert record.property_dependencies["source"] == [stack.records()["a"].urn]
    assert stack.up(program).changes == {"same": 3}


def test_a_transform_runs_in_previews_with_values_that_are_not_known(stack: Stack) -> None:
    def program() -> None:
        pulumi.runtime.register_resource_transform(tagged)
        a = Thing("a", label="a")
        Thing("b", label="b", source=a.arn)

    assert sorted(ops(stack.preview(program))) == ["create a", "create b"]


def test_a_transform_of_a_component_reaches_its_children(stack: Stack) -> None:
    def program() -> None:
        box = Box("box", Options(transforms=[tagged]))
        Thing("a", opts=Options(parent=box), label="a")
        Thing("b", label="b")

    stack.up(program)
    assert stack.cloud.things["a"]["tags"] == {"owner": "us"}
    assert "tags" not in stack.cloud.things["b"]


def test_a_transform_may_change_options(stack: Stack) -> None:
    def kept(args: Args) -> Answer:
        return Answer(props=args.props, opts=Options.merge(args.opts, Options(protect=True, retain_on_delete=True)))

    stack.up(lambda: Thing("a", opts=Options(transforms=[kept], delete_before_replace=True), label="a"))
    assert stack.records()["a"].protect
    assert stack.records()["a"].retain_on_delete


def test_a_transform_may_wait_for_another_resource(stack: Stack) -> None:
    stack.parallel = 1

    def program() -> None:
        first = Thing("first", label="first")

        async def late(args: Args) -> Answer:
            arn = await first.arn.future()
            return Answer(props={**args.props, "seen": arn}, opts=args.opts)

        Thing("a", opts=Options(transforms=[late]), label="a")

    stack.up(program)
    assert stack.cloud.things["a"]["seen"] == "arn:fake:first"


def test_a_transform_that_raises_is_the_programs_error(stack: Stack) -> None:
    def broken(args: Args) -> Answer:
        raise ValueError("no such tag")

    result = stack.up(lambda: Thing("a", opts=Options(transforms=[broken]), label="a"))
    assert "A transform of `a` raised: no such tag" in str(result.error)
    assert stack.cloud.changing_calls() == []


def test_an_invoke_transform_changes_arguments(stack: Stack) -> None:
    def more(args: pulumi.InvokeTransformArgs) -> Any:
        return pulumi.InvokeTransformResult(args={**args.args, "more": True}, opts=args.opts)

    def program() -> None:
        pulumi.runtime.register_invoke_transform(more)
        answer = pulumi.runtime.invoke_output("fake:index/whoami:whoami", {"a": 1})
        pulumi.export("who", answer)

    assert stack.up(program).outputs["who"]["more"] is True


def test_the_older_transformations_of_a_stack_work_too(stack: Stack) -> None:
    """`register_stack_transformation` runs in the SDK; it is deprecated, and stands in many programs."""

    def older(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("fake:"):
            return None
        return pulumi.ResourceTransformationResult(props={**args.props, "tags": {"owner": "us"}}, opts=args.opts)

    def program() -> None:
        pulumi.runtime.register_stack_transformation(older)
        box = Box("box")
        Thing("a", opts=Options(parent=box), label="a")

    stack.up(program)
    assert stack.cloud.things["a"]["tags"] == {"owner": "us"}
