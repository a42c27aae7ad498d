"""Each request of Pulumi's provider protocol, asked as the engine asks it."""

from __future__ import annotations

import importlib.metadata
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from mlops_iac.engine.values.value import UNKNOWN, Secret
from mlops_iac.engine.values.wire import read_struct
from tests.cloud.plugin.conftest import HERE, LOG, Engine, struct

TOPIC = f"{HERE}aws:sns/topic:Topic::topic"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
    }
)
PROFILE = f"{HERE}aws:iam/instanceProfile:InstanceProfile::profile"
PARAMETER = f"{HERE}aws:ssm/parameter:Parameter::parameter"


def refusal(call: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def test_it_says_what_it_is(engine: Engine) -> None:
    version = importlib.metadata.version("pulumi-aws")
    assert engine.ask.GetPluginInfo(empty_pb2.Empty()).version == version
    schema = json.loads(engine.ask.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert schema == {"name": "aws", "version": version}
    assert engine.ask.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets
    engine.ask.Cancel(empty_pb2.Empty())


def test_settings_are_taken_as_they_are_and_those_that_would_be_ignored_are_refused(engine: Engine) -> None:
    fine = engine.ask.CheckConfig(provider_pb2.CheckRequest(news=struct(region="eu-west-1")))
    assert read_struct(fine.inputs) == {"region": "eu-west-1"}
    refused = refusal(
        lambda: engine.ask.CheckConfig(provider_pb2.CheckRequest(news=struct(assumeRoles=[{"roleArn": "arn"}])))
    )
    assert refused.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "`assumeRoles`" in refused.details()


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"region": "eu-west-1"}, {"region": "us-east-1"}, ["region"]),
        ({"region": "eu-west-1", "version": "7.51.1"}, {"region": "eu-west-1", "version": "7.52.0"}, []),
    ],
)
def test_another_region_is_another_provider(engine: Engine, old: Any, new: Any, replaces: list[str]) -> None:
    answer = engine.ask.DiffConfig(provider_pb2.DiffRequest(old_inputs=struct(**old), news=struct(**new)))
    assert list(answer.replaces) == replaces


def test_a_check_completes_the_inputs_and_makes_a_name_that_is_kept(engine: Engine) -> None:
    made = engine.inputs(LOG)
    assert re.fullmatch(r"log-[0-9a-f]{7}", made["name"])
    assert made["retentionInDays"] == 0
    again = read_struct(engine.check(LOG, {"retentionInDays": 7}, made).inputs)
    assert again["name"] == made["name"]
    assert engine.inputs(LOG)["name"] != made["name"]


def test_a_check_passes_on_what_is_unknown_and_what_is_secret(engine: Engine) -> None:
    checked = engine.inputs(PARAMETER, name="/lab/x", type="SecureString", value=Secret("hunter2"), description=UNKNOWN)
    assert checked["value"] == Secret("hunter2")
    assert checked["description"] is UNKNOWN


def test_a_check_that_fails_says_why_and_leaves_the_engine_alive(engine: Engine) -> None:
    answer = engine.check(LOG, {"retentionInDays": 8})
    assert "retentionInDays` is 8" in answer.failures[0].reason
    assert "Not emulated yet" in engine.check(TOPIC, {"httpSuccessFeedbackRoleArn": "arn:x"}).failures[0].reason


def test_a_diff_names_every_change_and_what_it_costs(engine: Engine) -> None:
    old = engine.inputs(LOG, name="lab-log", tags={"a": "1", "b": "2"}, logGroupClass="STANDARD")
    new = {**old, "tags": {"a": "2", "c": "3"}, "logGroupClass": "INFREQUENT_ACCESS"}
    answer = engine.diff(LOG, old, new)
    kinds = {path: provider_pb2.PropertyDiff.Kind.Name(change.kind) for path, change in answer.detailedDiff.items()}
    assert kinds == {
        "tags.a": "UPDATE", "tags.b": "DELETE", "tags.c": "ADD", "logGroupClass": "UPDATE_REPLACE",
    }  # fmt: skip
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == ["logGroupClass"]
    assert list(answer.diffs) == ["logGroupClass", "tags"]
    assert answer.deleteBeforeReplace


def test_an_automatic_name_lets_the_new_one_be_made_first(engine: Engine) -> None:
    old = engine.inputs(LOG, logGroupClass="STANDARD")
    new = read_struct(engine.check(LOG, {"logGroupClass": "INFREQUENT_ACCESS"}, old).inputs)
    answer = engine.diff(LOG, old, new)
    assert list(answer.replaces) == ["logGroupClass"]
    assert not answer.deleteBeforeReplace


def test_nothing_changed_is_no_difference(engine: Engine) -> None:
    same = engine.inputs(LOG, tags={"a": "1"})
    answer = engine.diff(LOG, same, {**same, "__defaults": ["name"]})
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_the_life_of_a_resource(engine: Engine) -> None:
    inputs = engine.inputs(LOG, name="lab-life", retentionInDays=7, tags={"team": "a"})
    id, outputs = engine.create(LOG, inputs)
    assert id == "lab-life"
    assert outputs["arn"].endswith(":log-group:lab-life")
    new = {**inputs, "retentionInDays": 30}
    changed = engine.update(LOG, id, inputs, new, outputs=outputs)
    assert changed["retentionInDays"] == 30
    read = engine.read(LOG, id, new, changed)
    assert (read.id, read_struct(read.properties), read_struct(read.inputs)) == (id, changed, new)
    engine.delete(LOG, id, changed)
    assert engine.read(LOG, id, new, changed).id == ""
    engine.delete(LOG, id, changed)


def test_what_drifted_shows_in_outputs_and_inputs(engine: Engine, cloud: Any) -> None:
    inputs = engine.inputs(LOG, name="lab-drift", retentionInDays=7)
    id, outputs = engine.create(LOG, inputs)
    cloud.clients()("logs").put_retention_policy(logGroupName=id, retentionInDays=30)
    read = engine.read(LOG, id, inputs, outputs)
    assert read_struct(read.properties)["retentionInDays"] == 30
    assert read_struct(read.inputs)["retentionInDays"] == 30


def test_an_import_answers_inputs_that_a_program_would_write(engine: Engine, cloud: Any) -> None:
    cloud.clients()("logs").create_log_group(logGroupName="lab-import", tags={"team": "a"})
    read = engine.read(LOG, "lab-import")
    found = read_struct(read.inputs)
    asked = engine.inputs(LOG, name="lab-import", tags={"team": "a"})
    assert found == asked
    assert engine.diff(LOG, found, asked).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_preview_makes_nothing_and_knows_what_it_can(engine: Engine) -> None:
    inputs = {**engine.inputs(LOG, name="lab-preview"), "retentionInDays": UNKNOWN}
    id, outputs = engine.create(LOG, inputs, preview=True)
    assert id == ""
    assert outputs == inputs
    assert engine.read(LOG, "lab-preview").id == ""
    known = {**inputs, "retentionInDays": 7, "arn": "arn:x"}
    changed = engine.update(
        LOG, "lab-preview", {**inputs, "retentionInDays": 7}, inputs, outputs=known, preview=True
    )  # fmt: skip
    assert changed["retentionInDays"] is UNKNOWN
    assert changed["arn"] == "arn:x"


def test_secrets_come_back_as_secrets_wherever_they_are(engine: Engine) -> None:
    inputs = engine.inputs(
        PARAMETER,
        name="/lab/secret",
        type="SecureString",
        value=Secret("hunter2"),
        tags={"word": Secret("tagged")},
    )
    _, outputs = engine.create(PARAMETER, inputs)
    assert outputs["value"] == Secret("hunter2")
    assert outputs["tags"] == {"word": Secret("tagged")}
    assert outputs["tagsAll"] == {"word": Secret("tagged")}


def test_each_connection_has_its_own_region(connect: Any, cloud: Any) -> None:
    here, there = connect("eu-west-1"), connect("us-east-1")
    for engine in (here, there, here):
        engine.create(LOG, engine.inputs(LOG))
    names = [
        {group["logGroupName"] for group in cloud.clients(region)("logs").describe_log_groups()["logGroups"]}
        for region in ("eu-west-1", "us-east-1")
    ]
    assert len(names[1]) == 1
    assert not names[0] & names[1]


def test_many_calls_at_once(engine: Engine) -> None:
    def make(number: int) -> str:
        urn = f"{HERE}aws:sns/topic:Topic::many-{number}"
        return engine.create(urn, engine.inputs(urn))[0]

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(make, range(32)))) == 32


def test_invokes_are_answered_and_unknown_ones_refused(engine: Engine) -> None:
    token = "aws:index/getCallerIdentity:getCallerIdentity"
    answer = engine.ask.Invoke(provider_pb2.InvokeRequest(tok=token, args=struct()))
    assert read_struct(getattr(answer, "return"))["accountId"] == "123456789012"
    refused = refusal(lambda: engine.ask.Invoke(provider_pb2.InvokeRequest(tok="aws:x/y:z", args=struct())))
    assert refused.code() is grpc.StatusCode.FAILED_PRECONDITION


def test_a_type_that_is_not_offered_is_named(engine: Engine) -> None:
    unknown = f"{HERE}aws:rds/instance:Instance::database"
    assert "aws:rds/instance:Instance" in engine.check(unknown, {}).failures[0].reason
    refused = refusal(lambda: engine.create(unknown, {}))
    assert refused.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "aws:rds/instance:Instance" in refused.details()


def test_what_was_made_and_not_finished_is_told_and_an_update_without_a_change_finishes_it(
    engine: Engine, cloud: Any
) -> None:
    inputs = engine.inputs(PROFILE, name="half-made", role="not-yet")
    refused = refusal(lambda: engine.create(PROFILE, inputs))
    assert "not-yet" in refused.details()
    told = status_pb2.Status.FromString(dict(refused.trailing_metadata())["grpc-status-details-bin"])
    failed = provider_pb2.ErrorResourceInitFailed()
    assert told.details[0].Unpack(failed)
    assert (failed.id, list(failed.reasons)) == ("half-made", [refused.details()])
    outputs = read_struct(failed.properties)
    assert outputs["arn"].endswith(":instance-profile/half-made")

    again = refusal(lambda: engine.update(PROFILE, failed.id, inputs, inputs, outputs=outputs))
    assert "not-yet" in again.details()
    iam = cloud.clients()("iam")
    iam.create_role(RoleName="not-yet", AssumeRolePolicyDocument=TRUST)
    assert engine.update(PROFILE, failed.id, inputs, inputs, outputs=outputs)["role"] == "not-yet"
    profile = iam.get_instance_profile(InstanceProfileName="half-made")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["not-yet"]


def test_a_refused_call_means_that_nothing_happened(engine: Engine) -> None:
    inputs = engine.inputs(LOG, name="lab-twice")
    engine.create(LOG, inputs)
    refused = refusal(lambda: engine.create(LOG, inputs))
    assert refused.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "ResourceAlreadyExistsException" in refused.details()
