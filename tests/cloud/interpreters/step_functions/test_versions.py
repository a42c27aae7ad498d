"""Versions of state machines: published once, listed newest first, run as they were, deleted."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from tests.support.roles import make_mighty_role


def document(word):
    return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": word, "End": True}}})


@pytest.fixture(scope="module")
def role(cloud):
    return make_mighty_role(cloud.clients(), "runner", "states")


@pytest.fixture
def sfn(cloud):
    return cloud.clients()("stepfunctions")


@pytest.fixture
def machine(sfn, role):
    made = sfn.create_state_machine(name="versioned", roleArn=role, definition=document("one"))["stateMachineArn"]
    yield made
    sfn.delete_state_machine(stateMachineArn=made)


def publish(sfn, machine, **more):
    return sfn.publish_state_machine_version(stateMachineArn=machine, **more)["stateMachineVersionArn"]


def listed(sfn, machine, **more):
    found = sfn.list_state_machine_versions(stateMachineArn=machine, **more)
    return [each["stateMachineVersionArn"] for each in found["stateMachineVersions"]]


def test_a_machine_that_published_nothing_has_no_versions(sfn, machine):
    assert listed(sfn, machine) == []


def test_what_did_not_change_is_published_once(sfn, machine):
    first = publish(sfn, machine, description="the first")
    assert first == f"{machine}:1" == publish(sfn, machine)
    assert sfn.describe_state_machine(stateMachineArn=first)["description"] == "the first"
    sfn.update_state_machine(stateMachineArn=machine, definition=document("two"))
    assert publish(sfn, machine) == f"{machine}:2"
    assert listed(sfn, machine) == [f"{machine}:2", f"{machine}:1"]
    page = sfn.list_state_machine_versions(stateMachineArn=machine, maxResults=1)
    assert [each["stateMachineVersionArn"] for each in page["stateMachineVersions"]] == [f"{machine}:2"]
    assert listed(sfn, machine, nextToken=page["nextToken"]) == [f"{machine}:1"]


def test_a_version_runs_as_it_was(sfn, machine):
    version = publish(sfn, machine)
    sfn.update_state_machine(stateMachineArn=machine, definition=document("two"))
    for asked, word, named in ((version, "one", version), (machine, "two", None)):
        arn = sfn.start_execution(stateMachineArn=asked)["executionArn"]
        limit = time.monotonic() + 20
        while (found := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < limit
            time.sleep(0.02)
        assert json.loads(found["output"]) == word
        assert (found["stateMachineArn"], found.get("stateMachineVersionArn")) == (machine, named)
    assert len(sfn.list_executions(stateMachineArn=machine)["executions"]) == 2
    assert json.loads(sfn.describe_state_machine(stateMachineArn=machine)["definition"]) == json.loads(document("two"))


def test_a_deleted_version_is_gone_and_its_number_is_not_used_again(sfn, machine):
    version = publish(sfn, machine)
    for _ in range(2):
        sfn.delete_state_machine_version(stateMachineVersionArn=version)
    assert listed(sfn, machine) == []
    assert publish(sfn, machine) == f"{machine}:2"


def test_a_version_that_an_alias_leads_to_stays(sfn, machine):
    version = publish(sfn, machine)
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    sfn.create_state_machine_alias(name="live", routingConfiguration=routing)
    with pytest.raises(ClientError) as caught:
        sfn.delete_state_machine_version(stateMachineVersionArn=version)
    assert caught.value.response["Error"]["Code"] == "ConflictException"


def test_a_machine_that_is_not_there_has_none(sfn, machine):
    for call in (sfn.list_state_machine_versions, sfn.publish_state_machine_version):
        with pytest.raises(ClientError) as caught:
            call(stateMachineArn=f"{machine}-other")
        assert caught.value.response["Error"]["Code"] == "StateMachineDoesNotExist"
