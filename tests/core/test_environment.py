"""Outputs as people and programs read them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlops_iac.core.environment import CONTRACT, Environment, Parameter, Queue, in_field_order
from mlops_iac.core.errors import StateError
from tests.support.small_environment import make_environment

OUTPUTS = make_environment().to_outputs()


def test_outputs_come_in_the_order_of_the_fields_and_unknown_ones_last() -> None:
    outputs = {"zoo": 1, "stores": {"lake": {"zones": {"raw": "raw/"}, "bucket": "b"}}, "team": "screening"}
    ordered = in_field_order(outputs)
    assert ordered == outputs
    assert list(ordered) == ["team", "stores", "zoo"]
    assert list(ordered["stores"]["lake"]) == ["bucket", "zones"]
    assert list(in_field_order([{"kind": "gate", "name": "gate"}])[0]) == ["name", "kind"]


def test_what_is_written_is_read_back_as_the_same_records() -> None:
    assert OUTPUTS["contract"] == CONTRACT
    assert Environment.from_outputs(OUTPUTS) == make_environment()


def test_what_there_need_not_be_is_absent_and_a_default_of_none_is_told() -> None:
    made = make_environment(parameters={"note": Parameter(type="string", default=None)})
    made = replace(made, queues={"cpu": Queue(queue="q")})
    outputs = made.to_outputs()
    assert outputs["queues"] == {"cpu": {"queue": "q"}}
    assert outputs["pipelines"]["training"]["parameters"]["note"]["default"] is None
    assert Environment.from_outputs(outputs) == made


def test_keys_that_are_not_known_are_left_alone() -> None:
    read = Environment.from_outputs({**OUTPUTS, "mine": 1, "endpoints": {"main": {**ENDPOINT, "colour": "blue"}}})
    assert read.endpoints["main"].flavour == "serverless"


ENDPOINT = {"name": "screening-dev-endpoint", "flavour": "serverless"}
OLDEST = {"team": "screening", "environment": "dev", "data": {"bucket": "b"}, "endpoint": ENDPOINT, "pipelines": {}}


@pytest.mark.parametrize(
    ("outputs", "version", "hint"),
    [
        (OLDEST, "contract 1;", "`mlops-iac up screening-dev`"),
        ({**OUTPUTS, "contract": CONTRACT + 1}, f"contract {CONTRACT + 1};", "pip install --upgrade"),
        ({**OUTPUTS, "contract": "two"}, "contract two;", "`mlops-iac up screening-dev`"),
    ],
)
def test_outputs_of_another_version_are_told_with_what_to_do(outputs: dict[str, Any], version: str, hint: str) -> None:
    with pytest.raises(StateError, match="another version") as told:
        Environment.from_outputs(outputs)
    assert version in told.value.detail
    assert hint in told.value.hint


@pytest.mark.parametrize(
    ("path", "lacks"),
    [(("endpoints", "main", "name"), "`endpoints.main` lacks 'name'"), (("team",), "They lack 'team'")],
)
def test_a_key_that_is_missing_is_named_with_where_it_belongs(path: tuple[str, ...], lacks: str) -> None:
    outputs = make_environment().to_outputs()
    inner = outputs
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    with pytest.raises(StateError, match="not complete") as told:
        Environment.from_outputs(outputs)
    assert lacks in told.value.detail


def test_a_store_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(StateError, match="No such store") as told:
        make_environment().get_store("lakes")
    assert "did you mean `lake`" in told.value.hint
