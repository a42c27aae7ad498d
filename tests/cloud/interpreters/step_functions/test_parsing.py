"""Definitions as strangers write them are taken, whatever was refused before."""

from __future__ import annotations

import json
import threading

import pytest
from botocore.exceptions import ClientError

from tests.support.roles import make_mighty_role

ROLE = "arn:aws:iam::123456789012:role/runner"
PATHS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"a.$": "$.b"}, "End": True}}}
JSONATA = {
    "QueryLanguage": "JSONata",
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Output": "{% 1 %}", "End": True}},
}
MIXED = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {**PATHS["States"]["A"]}}}


@pytest.fixture(scope="module")
def sfn(cloud):
    make_mighty_role(cloud.clients(), "runner", "states")
    return cloud.clients()("stepfunctions")


def make(sfn, name, document):
    sfn.create_state_machine(name=name, definition=json.dumps(document), roleArn=ROLE)


def test_a_refused_definition_leaves_nothing_for_the_next(sfn):
    for number in range(3):
        with pytest.raises(ClientError, match="InvalidDefinition"):
            make(sfn, f"mixed-{number}", MIXED)
        make(sfn, f"paths-{number}", PATHS)
        make(sfn, f"jsonata-{number}", JSONATA)


def test_definitions_are_parsed_beside_each_other(sfn):
    refused = []

    def work(kind, document):
        for number in range(8):
            try:
                make(sfn, f"{kind}-{number}", document)
            except ClientError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work, args=pair) for pair in (("paths", PATHS), ("jsonata", JSONATA))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []


def test_an_error_may_have_any_name(sfn):
    make(sfn, "named", {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "States.Mine", "Cause": "why"}}})


@pytest.mark.parametrize("kind", ["EXPRESS", "STANDARD"])
def test_the_items_of_a_map_may_be_express_executions(sfn, kind):
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, "StartAt": "B", "States": {}}
    inner["States"]["B"] = {"Type": "Pass", "End": True}
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "End": True}
    state["ToleratedFailurePercentage"] = 5
    make(sfn, f"map-{kind}", {"StartAt": "A", "States": {"A": state}})
    described = sfn.describe_state_machine(
        stateMachineArn=f"arn:aws:states:eu-west-1:123456789012:stateMachine:map-{kind}"
    )
    assert f'"{kind}"' in described["definition"], "the definition is kept as it was written"
