"""What keeps a model from another environment before any run is started."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.core.environment import Environment, Parameter, Pipeline, Step
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs.promote import plan
from mlops_iac.runs.promoted import Origin, check_told, read_origin, write_origin
from tests.support.small_environment import make_environment


def nobody(*_: Any) -> Any:
    raise AssertionError("nothing is asked of a cloud")


def pair(**changes: Any) -> tuple[Environment, Environment]:
    sender = replace(make_environment(), promotion={"to": ("screening-prod",)})
    receiver = replace(make_environment(environment="prod"), promotion={"from": ("screening-dev",)})
    return sender, replace(receiver, **changes)


def refused(sender: Environment, receiver: Environment) -> str:
    with pytest.raises(RunError) as caught:
        plan(sender, receiver, nobody, "1")  # type: ignore[arg-type]
    assert all(problem.hint for problem in caught.value.problems)
    return str(caught.value)


def test_a_stack_does_not_promote_to_itself() -> None:
    sender, _ = pair()
    with pytest.raises(UsageError, match="itself"):
        plan(sender, sender, nobody, "1")  # type: ignore[arg-type]


def test_stacks_of_two_blueprints_are_refused() -> None:
    told = refused(*pair(blueprint="realtime-inference"))
    assert "`tabular-batch`" in told
    assert "`realtime-inference`" in told


def test_another_region_is_refused() -> None:
    assert "eu-west-1, screening-prod in us-east-1" in refused(*pair(region="us-east-1"))


def test_both_sides_must_say_so() -> None:
    sender, receiver = pair()
    assert "promotion: {from: [screening-dev]}" in refused(sender, replace(receiver, promotion=None))
    told = refused(replace(sender, promotion={"to": ("screening-qa",)}), receiver)
    assert "names: screening-qa" in told
    assert "promotion: {to: [screening-prod]}" in told


def test_a_stack_of_another_account_is_named_with_it() -> None:
    told = refused(*pair(account_id="222222222222"))
    assert "[screening-dev@123456789012]" in told
    assert "[screening-prod@222222222222]" in told


@pytest.mark.parametrize(("run", "shown"), [("261129-081530-3fa2", ", run 261129-081530-3fa2"), (None, "")])
def test_an_origin_is_read_as_it_was_written(run: str | None, shown: str) -> None:
    origin = read_origin(write_origin("screening-dev", "main", 3, run), "abc")
    assert origin == Origin(stack="screening-dev", registry="main", version=3, run=run, digest="abc")
    assert str(origin) == f"version 3 of screening-dev{shown}"


@pytest.mark.parametrize("text", [None, "", "screening-dev", "a/b/0@", "a/b/1@x\n"])
def test_what_is_no_origin_is_none(text: str | None) -> None:
    assert read_origin(text) is None


def test_a_run_that_fetches_nothing_is_not_started() -> None:
    fetch = Step(name="fetch", kind="fetch", facts={"told": {"package": "package"}})
    pipeline: Pipeline = replace(
        make_environment().pipelines["training"],
        steps=(fetch,),
        parameters={"package": Parameter(type="string", default="")},
    )
    with pytest.raises(RunError, match="Nobody says"):
        check_told(pipeline, {"package": ""})
    check_told(pipeline, {"package": "s3://bucket/models/x/model.tar.gz"})
