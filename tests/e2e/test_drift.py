"""What somebody changes in the cloud with other tools is seen, property by property, and mended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.exported import compare
from mlops_iac.clients import Clients
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.event import Op, Result, Step
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.state_desk import StateDesk
from mlops_iac.testing import DeployedEnvironment
from tests.conftest import make_project

pytestmark = [pytest.mark.slow]

Change = Callable[[Clients, Record], object]


def tag_bucket(clients: Clients, record: Record) -> None:
    s3 = clients("s3")
    tags = s3.get_bucket_tagging(Bucket=record.id)["TagSet"]
    s3.put_bucket_tagging(Bucket=record.id, Tagging={"TagSet": [*tags, {"Key": "who", "Value": "a person"}]})


def suspend_versions(clients: Clients, record: Record) -> None:
    clients("s3").put_bucket_versioning(Bucket=record.id, VersioningConfiguration={"Status": "Suspended"})


def open_bucket(clients: Clients, record: Record) -> None:
    access = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    clients("s3").put_public_access_block(Bucket=record.id, PublicAccessBlockConfiguration=access)


def allow_everything(clients: Clients, record: Record) -> None:
    role, name = record.id.split(":")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    clients("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(everything))


def trust_somebody_else(clients: Clients, record: Record) -> None:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    clients("iam").update_assume_role_policy(RoleName=record.id, PolicyDocument=document)


def raise_threshold(clients: Clients, record: Record) -> None:
    cloudwatch = clients("cloudwatch")
    alarm = cloudwatch.describe_alarms(AlarmNames=[record.id])["MetricAlarms"][0]
    same = ("AlarmName", "ComparisonOperator", "EvaluationPeriods", "MetricName", "Namespace", "Period", "Statistic")
    optional = ("Dimensions", "AlarmActions", "TreatMissingData", "AlarmDescription", "Tags")
    kept = {key: alarm[key] for key in (*same, *optional) if key in alarm}
    cloudwatch.put_metric_alarm(**kept, Threshold=99.0)


def forget_logs_sooner(clients: Clients, record: Record) -> None:
    clients("logs").put_retention_policy(logGroupName=record.id, retentionInDays=1)


def skip_the_gate(clients: Clients, record: Record) -> None:
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    clients("stepfunctions").update_state_machine(stateMachineArn=record.id, definition=definition)


def disable_rule(clients: Clients, record: Record) -> None:
    clients("events").disable_rule(Name=record.id)


def change_parameter(clients: Clients, record: Record) -> None:
    clients("ssm").put_parameter(Name=record.id, Value="{}", Overwrite=True, Type="String")


def make_tags_mutable(clients: Clients, record: Record) -> None:
    clients("ecr").put_image_tag_mutability(repositoryName=record.id, imageTagMutability="MUTABLE")


def stop_rotation(clients: Clients, record: Record) -> None:
    clients("kms").disable_key_rotation(KeyId=record.id)


def deny_nothing(clients: Clients, record: Record) -> None:
    policy = json.loads(clients("s3").get_bucket_policy(Bucket=record.id)["Policy"])
    policy["Statement"] = policy["Statement"][:0]
    clients("s3").put_bucket_policy(Bucket=record.id, Policy=json.dumps(policy))


def encrypt_with_another_key(clients: Clients, record: Record) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    clients("s3").put_bucket_encryption(Bucket=record.id, ServerSideEncryptionConfiguration={"Rules": [rule]})


def expire_everything(clients: Clients, record: Record) -> None:
    rule = {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    clients("s3").put_bucket_lifecycle_configuration(Bucket=record.id, LifecycleConfiguration={"Rules": [rule]})


def keep_no_images(clients: Clients, record: Record) -> None:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    clients("ecr").put_lifecycle_policy(repositoryName=record.id, lifecyclePolicyText=json.dumps({"rules": [rule]}))


def let_everybody_publish(clients: Clients, record: Record) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": record.id}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    clients("sns").set_topic_attributes(TopicArn=record.id, AttributeName="Policy", AttributeValue=policy)


def rename_topic(clients: Clients, record: Record) -> None:
    clients("sns").set_topic_attributes(TopicArn=record.id, AttributeName="DisplayName", AttributeValue="Somebody's")


def send_alarms_elsewhere(clients: Clients, record: Record) -> None:
    events, rule = clients("events"), record.id.rsplit("-", 1)[0]
    target = events.list_targets_by_rule(Rule=rule)["Targets"][0]
    events.put_targets(Rule=rule, Targets=[{**target, "Arn": f"{target['Arn']}-of-others"}])


def write_another_dashboard(clients: Clients, record: Record) -> None:
    clients("cloudwatch").put_dashboard(DashboardName=record.id, DashboardBody=json.dumps({"widgets": []}))


def widen_boundary(clients: Clients, record: Record) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam = clients("iam")
    iam.create_policy_version(PolicyArn=record.id, PolicyDocument=json.dumps(everything), SetAsDefault=True)


def tag_role(clients: Clients, record: Record) -> None:
    clients("iam").tag_role(RoleName=record.id, Tags=[{"Key": "who", "Value": "a person"}])


def untag_network(clients: Clients, record: Record) -> None:
    tags = clients("ec2").describe_vpcs(VpcIds=[record.id])["Vpcs"][0]["Tags"]
    clients("ec2").delete_tags(Resources=[record.id], Tags=[{"Key": tags[0]["Key"]}])


def give_public_addresses(clients: Clients, record: Record) -> None:
    clients("ec2").modify_subnet_attribute(SubnetId=record.id, MapPublicIpOnLaunch={"Value": True})


def describe_catalog(clients: Clients, record: Record) -> None:
    name = record.id.split(":")[1]
    clients("glue").update_database(Name=name, DatabaseInput={"Name": name, "Description": "Somebody's"})


def save_queries_elsewhere(clients: Clients, record: Record) -> None:
    update = {"ResultConfigurationUpdates": {"OutputLocation": "s3://elsewhere/"}}
    clients("athena").update_work_group(WorkGroup=record.id, ConfigurationUpdates=update)


def raise_budget(clients: Clients, record: Record) -> None:
    account, name = record.id.split(":")
    budgets = clients("budgets")
    budget = budgets.describe_budget(AccountId=account, BudgetName=name)["Budget"]
    limit = {"Amount": "999999", "Unit": "USD"}
    budgets.update_budget(AccountId=account, NewBudget={**budget, "BudgetLimit": limit})


def open_ssh_to_the_world(clients: Clients, record: Record) -> None:
    ranges = [{"CidrIp": "0.0.0.0/0"}]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ranges}
    clients("ec2").authorize_security_group_ingress(GroupId=record.id, IpPermissions=[permission])


CHANGES: dict[str, tuple[Change, str]] = {
    "lake-bucket": (tag_bucket, "tags.who"),
    "lake-versioning": (suspend_versions, "versioningConfiguration.status"),
    "lake-access": (open_bucket, "blockPublicAcls"),
    "training-policy": (allow_everything, "policy"),
    "endpoint-role": (trust_somebody_else, "assumeRolePolicy"),
    "endpoint-errors-alarm": (raise_threshold, "threshold"),
    "endpoint-log-group": (forget_logs_sooner, "retentionInDays"),
    "training-state-machine": (skip_the_gate, "definition"),
    "monitoring-failed-runs-rule": (disable_rule, "state"),
    "catalogue-parameter": (change_parameter, "value"),
    "images-repository": (make_tags_mutable, "imageTagMutability"),
    "encryption-key": (stop_rotation, "enableKeyRotation"),
    "lake-policy": (deny_nothing, "policy"),
    "lake-encryption": (encrypt_with_another_key, "rules"),
    "lake-lifecycle": (expire_everything, "rules"),
    "images-lifecycle": (keep_no_images, "policy"),
    "alerts-policy": (let_everybody_publish, "policy"),
    "alerts-topic": (rename_topic, "displayName"),
    "monitoring-failed-runs-target": (send_alarms_elsewhere, "arn"),
    "monitoring-dashboard": (write_another_dashboard, "dashboardBody"),
    "boundary-policy": (widen_boundary, "policy"),
    "training-role": (tag_role, "tags.who"),
    "network-vpc": (untag_network, "tags"),
    "network-subnet-1": (give_public_addresses, "mapPublicIpOnLaunch"),
    "network-default-security-group": (open_ssh_to_the_world, "ingress"),
    "lake-catalog": (describe_catalog, "description"),
    "lake-queries": (save_queries_elsewhere, "configuration"),
    "monitoring-budget": (raise_budget, "limitAmount"),
}
"""Logical name to what is done to the resource with other tools, and the property in which it must show."""


def drift(screening: DeployedEnvironment) -> Result:
    found = screening.backend.refresh(preview=True)
    assert found.error is None, str(found.error)
    assert not found.failures, [str(failure.error) for failure in found.failures]
    return found


def mend(screening: DeployedEnvironment) -> Result:
    mended = screening.backend.up(options=Options(refresh=True))
    assert mended.outcome == "succeeded", [str(failure.error) for failure in mended.failures] or mended.error
    return mended


def records(screening: DeployedEnvironment) -> dict[str, Record]:
    return {record.name: record for record in screening.backend.store.get("screening-dev") if record.custom}


def changed(result: Result) -> dict[str, Step]:
    return {step.name: step for step in result.steps if step.op in (Op.UPDATE, Op.DELETE)}


@pytest.fixture(scope="module")
def screening(deployed: Callable[[str], DeployedEnvironment]) -> DeployedEnvironment:
    return deployed("screening-dev")


@pytest.fixture(scope="module")
def tampered(screening: DeployedEnvironment) -> Iterator[Result]:
    """The drift after all the changes, which are mended when the tests that look at it are done."""
    known, clients = records(screening), screening.clients
    for name, (change, _) in CHANGES.items():
        change(clients, known[name])
    yield drift(screening)
    mend(screening)


def test_right_after_up_nothing_has_drifted(screening: DeployedEnvironment) -> None:
    found = drift(screening)
    assert changed(found) == {}
    looked_at = {step.urn for step in found.steps if step.custom}
    assert looked_at == {record.urn for record in records(screening).values() if not record.is_provider}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_by_hand_is_seen_in_its_property(name: str, tampered: Result) -> None:
    step = changed(tampered)[name]
    assert step.op is Op.UPDATE
    assert any(path.startswith(CHANGES[name][1]) for path in step.diff), step.diff


def test_nothing_else_is_said_to_have_drifted(tampered: Result) -> None:
    assert set(changed(tampered)) == set(CHANGES)


def test_looking_for_drift_records_nothing(screening: DeployedEnvironment, tampered: Result) -> None:
    before = records(screening)
    drift(screening)
    assert records(screening) == before


def test_a_preview_without_refresh_asks_no_cloud_and_sees_no_drift(
    screening: DeployedEnvironment, tampered: Result
) -> None:
    assert not screening.backend.preview().changed


def test_up_with_refresh_mends_all_of_it_and_touches_nothing_else(
    screening: DeployedEnvironment, tampered: Result
) -> None:
    mended = mend(screening)
    assert {step.name for step in mended.steps if step.op is not Op.SAME and step.custom} == set(CHANGES)
    assert changed(drift(screening)) == {}


def test_what_was_deleted_is_told_as_gone_and_made_again(screening: DeployedEnvironment) -> None:
    known, clients = records(screening), screening.clients
    clients("s3").delete_bucket(Bucket=known["lake-bucket"].id)
    clients("sagemaker").delete_model_package_group(ModelPackageGroupName=known["registry-group"].id)
    gone = changed(drift(screening))
    parts = {"lake-versioning", "lake-access", "lake-encryption", "lake-lifecycle", "lake-ownership", "lake-policy"}
    assert {name for name, step in gone.items() if step.op is Op.DELETE} == {"lake-bucket", "registry-group", *parts}
    mend(screening)
    assert changed(drift(screening)) == {}
    names = {bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"]}
    assert known["lake-bucket"].id in names


def test_a_refresh_that_is_accepted_leaves_the_difference_to_the_next_preview(screening: DeployedEnvironment) -> None:
    tag_bucket(screening.clients, records(screening)["lake-bucket"])
    accepted = screening.backend.refresh()
    assert accepted.outcome == "succeeded"
    assert changed(drift(screening)) == {}
    shown: dict[str, Any] = {step.name: dict(step.diff) for step in screening.backend.preview().steps if step.diff}
    assert list(shown) == ["lake-bucket"]
    assert set(shown["lake-bucket"]) == {"tags.who"}
    mend(screening)


def test_an_export_of_it_needs_neither_cloud_nor_passphrase_to_be_compared(
    screening: DeployedEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = StateDesk(screening.backend.store).export("screening-dev")
    monkeypatch.setattr(
        "mlops_iac.engine.values.secrets.passphrase_for", lambda home: pytest.fail("a passphrase was asked for")
    )
    monkeypatch.setattr(EmbeddedCloud, "start", lambda cloud: pytest.fail("a cloud was started"))
    project = make_project(tmp_path / "project")
    assert not compare(project, "screening-dev", text, place="export.json").result.changed
    file = project / "stacks/Pulumi.screening-dev.yaml"
    file.write_text(file.read_text().replace("at_least: 0.9", "at_least: 0.99"))
    found = changed(compare(project, "screening-dev", text, place="export.json").result)
    assert set(found) == {"training-state-machine"}
