"""A distributed Map: children that fail count as failed, what is tolerated decides, and a stop reaches all of them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cloud.interpreters.step_functions.test_step_functions import ROLE, machine, wait
from tests.support.roles import make_mighty_role, make_role

BAD = {"Type": "Choice", "Choices": [{"Variable": "$.item.bad", "BooleanEquals": True, "Next": "Broken"}]}
CHILD = {
    "StartAt": "Look",
    "States": {
        "Look": {**BAD, "Default": "Good"},
        "Good": {"Type": "Pass", "End": True},
        "Broken": {"Type": "Fail", "Error": "Bad", "Cause": "an item is bad"},
    },
}
DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


@pytest.fixture(scope="module")
def sfn(cloud: Any) -> Any:
    make_mighty_role(cloud.clients(), "runner", "states", "sagemaker")
    return cloud.clients()("stepfunctions")


def mapped(child: dict[str, Any] = CHILD, **fields: Any) -> dict[str, Any]:
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "number.$": "$$.Map.Item.Index"},
        "ItemProcessor": {**DISTRIBUTED, **child},
        "MaxConcurrency": 3,
        **fields,
    }
    return machine(state)


def run(sfn: Any, name: str, document: dict[str, Any], items: list[Any], role: str = ROLE) -> dict[str, Any]:
    made = sfn.create_state_machine(name=name, definition=json.dumps(document), roleArn=role)["stateMachineArn"]
    started = sfn.start_execution(stateMachineArn=made, input=json.dumps({"items": items}))["executionArn"]
    return wait(sfn, started, 120)


def items(good: int, bad: int) -> list[dict[str, bool]]:
    return [{"bad": False}] * good + [{"bad": True}] * bad


def test_every_item_is_run_in_its_place(sfn: Any) -> None:
    ended = run(sfn, "all", mapped(), items(7, 0))
    assert ended["status"] == "SUCCEEDED", ended
    assert [each["number"] for each in json.loads(ended["output"])] == [*range(7)]


@pytest.mark.parametrize(
    ("tolerated", "bad", "status"),
    [
        ({}, 1, "FAILED"),
        ({"ToleratedFailureCount": 2}, 2, "SUCCEEDED"),
        ({"ToleratedFailureCount": 2}, 3, "FAILED"),
        ({"ToleratedFailurePercentage": 20.0}, 2, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 20.0}, 3, "FAILED"),
        ({"ToleratedFailureCount": 5, "ToleratedFailurePercentage": 20.0}, 3, "FAILED"),
    ],
)
def test_children_that_fail_are_tolerated_so_far_and_no_further(
    sfn: Any, tolerated: dict[str, Any], bad: int, status: str
) -> None:
    name = f"tolerated-{'-'.join(str(value) for value in tolerated.values()) or 'none'}-{bad}".replace(".", "-")
    ended = run(sfn, name, mapped(**tolerated), items(10 - bad, bad))
    assert ended["status"] == status, ended
    if status == "FAILED":
        assert ended["error"] == "States.ExceedToleratedFailureThreshold"
        assert "threshold was exceeded" in ended["cause"]


def test_a_map_of_many_items_one_after_another_needs_no_deep_stack(sfn: Any) -> None:
    ended = run(sfn, "many", mapped(MaxConcurrency=1), items(1100, 0))
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    assert len(json.loads(ended["output"])) == 1100


def test_a_map_over_nothing_ends_with_nothing(sfn: Any) -> None:
    ended = run(sfn, "nothing", mapped(), [])
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", "[]")


def test_a_run_that_is_stopped_in_the_middle_starts_no_further_item(sfn: Any) -> None:
    slow = {"StartAt": "Sleep", "States": {"Sleep": {"Type": "Wait", "Seconds": 60, "End": True}}}
    document = mapped(slow)
    made = sfn.create_state_machine(name="stopped", definition=json.dumps(document), roleArn=ROLE)["stateMachineArn"]
    given = json.dumps({"items": items(50, 0)})
    started = sfn.start_execution(stateMachineArn=made, input=given)["executionArn"]
    time.sleep(0.3)
    sfn.stop_execution(executionArn=started, error="Stopped", cause="asked for")
    assert wait(sfn, started, 10)["status"] == "ABORTED"


def test_a_role_that_may_not_start_items_cannot_map(cloud: Any, sfn: Any) -> None:
    make_role(cloud.clients(), "cannot-start", services=("states",))
    ended = run(sfn, "denied", mapped(), items(1, 0), ROLE.replace("runner", "cannot-start"))
    assert ended["status"] == "FAILED"
    assert "states:StartExecution" in ended["cause"]


LISTS = {
    "JSON": ('[{"series": "a"}, {"series": "b"}]', 2),
    "JSONL": ('{"series": "a"}\n\n{"series": "b"}\n{"series": "c"}\n', 3),
    "CSV": ("series\na\nb\n", 2),
}


def reading(kind: str, key: str) -> dict[str, Any]:
    header = {"CSVHeaderLocation": "FIRST_ROW"} if kind == "CSV" else {}
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": kind, **header},
        "Parameters": {"Bucket": "lists", "Key": key},
    }
    document = mapped(GOOD, ItemReader=reader)
    for state in document["States"].values():
        state.pop("ItemsPath", None)
    return document


GOOD = {"StartAt": "Good", "States": {"Good": {"Type": "Pass", "End": True}}}


@pytest.fixture(scope="module")
def lists(cloud: Any) -> Any:
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="lists", CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    return s3


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_read_from_a_file(sfn: Any, lists: Any, kind: str) -> None:
    text, count = LISTS[kind]
    lists.put_object(Bucket="lists", Key=kind, Body=text.encode())
    ended = run(sfn, f"read-{kind}", reading(kind, kind), [])
    assert ended["status"] == "SUCCEEDED", ended
    assert [each["item"]["series"] for each in json.loads(ended["output"])] == [*"abc"][:count]


@pytest.mark.parametrize(("kind", "text"), [("JSON", "[1,"), ("JSONL", "1\n{"), ("JSON", '{"series": "a"}')])
def test_a_file_that_is_no_list_fails_the_map(sfn: Any, lists: Any, kind: str, text: str) -> None:
    name = f"broken-{kind}-{len(text)}"
    lists.put_object(Bucket="lists", Key=name, Body=text.encode())
    ended = run(sfn, name, reading(kind, name), [])
    assert (ended["status"], ended["error"]) == ("FAILED", "States.ItemReaderFailed"), ended


def test_what_is_tolerated_may_stand_in_the_input(sfn: Any) -> None:
    document = mapped(ToleratedFailureCountPath="$.items[0].allowed")
    for allowed, status in ((2, "SUCCEEDED"), (1, "FAILED"), (0, "FAILED")):
        given = [{"bad": True, "allowed": allowed}, {"bad": True}, {"bad": False}]
        assert run(sfn, f"told-{allowed}", document, given)["status"] == status
