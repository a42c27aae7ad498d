"""AWS Config on the embedded cloud: rules judge what is there now, and say of what they found nothing."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import compliance
from mlops_iac.cloud.compliance.holdings import READERS
from mlops_iac.cloud.compliance.managed import JUDGES, MANAGED
from mlops_iac.core.managed_rules import RECORDED
from mlops_iac.policy.table import policies
from tests.cloud.conftest import REGION
from tests.support.roles import document

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
DELIVERED = "audited-config"


@pytest.fixture(scope="module")
def installs():
    return (compliance.install,)


@pytest.fixture(scope="module")
def clients(cloud):
    return cloud.clients()


@pytest.fixture(scope="module")
def config(clients):
    """A cloud with a recorder that is on."""
    client = clients("config")
    bucket(clients, DELIVERED)
    recorder(client)
    with pytest.raises(ClientError, match="InsufficientDeliveryPolicy"):
        client.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": DELIVERED})
    may = {"Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"}}
    looks = {**may, "Action": ["s3:GetBucketAcl", "s3:ListBucket"], "Resource": f"arn:aws:s3:::{DELIVERED}"}
    writes = {**may, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{DELIVERED}/AWSLogs/{ACCOUNT}/Config/*"}
    clients("s3").put_bucket_policy(Bucket=DELIVERED, Policy=document(looks, writes))
    client.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": DELIVERED})
    client.start_configuration_recorder(ConfigurationRecorderName="default")
    return client


def recorder(client, **more):
    group = {"allSupported": False, "resourceTypes": [*RECORDED]}
    client.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": ROLE, "recordingGroup": group, **more}
    )


def bucket(clients, name, **tags):
    s3 = clients("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed})


def rule(config, name, identifier, **more):
    source = {"Owner": "AWS", "SourceIdentifier": identifier}
    config.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source, **more})


def found(config, name):
    """What is judged, to what it is."""
    answer = config.get_compliance_details_by_config_rule(ConfigRuleName=name)
    return {
        one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"]: one["ComplianceType"]
        for one in answer["EvaluationResults"]
    }


def test_a_rule_judges_what_is_in_its_scope_and_judges_it_again_when_it_changes(clients, config):
    bucket(clients, "ours-plain", team="screening")
    bucket(clients, "theirs-plain", team="churn")
    rule(config, "versions", "S3_BUCKET_VERSIONING_ENABLED", Scope={"TagKey": "team", "TagValue": "screening"})
    assert found(config, "versions") == {"ours-plain": "NON_COMPLIANT"}
    clients("s3").put_bucket_versioning(Bucket="ours-plain", VersioningConfiguration={"Status": "Enabled"})
    assert found(config, "versions") == {"ours-plain": "COMPLIANT"}
    assert config.describe_config_rules(ConfigRuleNames=["versions"])["ConfigRules"][0]["Scope"] == {
        "TagKey": "team",
        "TagValue": "screening",
    }


def test_what_a_bucket_lets_in_is_judged_by_what_its_policy_means(clients, config):
    rule(config, "tls", "S3_BUCKET_SSL_REQUESTS_ONLY", Scope={"TagKey": "team", "TagValue": "open"})
    rule(config, "read", "S3_BUCKET_PUBLIC_READ_PROHIBITED", Scope={"TagKey": "team", "TagValue": "open"})
    rule(config, "closed", "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", Scope={"TagKey": "team", "TagValue": "open"})
    bucket(clients, "opened", team="open")
    all_of_it = "arn:aws:s3:::opened/*"
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": all_of_it}
    s3 = clients("s3")
    s3.put_bucket_policy(Bucket="opened", Policy=document(everybody))
    assert [*found(config, "tls").values(), *found(config, "read").values()] == ["NON_COMPLIANT"] * 2
    tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::opened", all_of_it]}
    plain = {**tls, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    ours = {**everybody, "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}
    s3.put_bucket_policy(Bucket="opened", Policy=document(ours, plain))
    assert [*found(config, "tls").values(), *found(config, "read").values()] == ["COMPLIANT"] * 2
    assert found(config, "closed") == {"opened": "NON_COMPLIANT"}
    settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket="opened", PublicAccessBlockConfiguration=dict.fromkeys(settings, True))
    assert found(config, "closed") == {"opened": "COMPLIANT"}


def test_keys_networks_and_notebooks_are_judged(clients, config):
    kms, ec2 = clients("kms"), clients("ec2")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    rule(config, "rotation", "CMK_BACKING_KEY_ROTATION_ENABLED")
    assert found(config, "rotation")[key] == "NON_COMPLIANT"
    kms.enable_key_rotation(KeyId=key)
    assert found(config, "rotation")[key] == "COMPLIANT"
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    assert signing not in found(config, "rotation"), "KMS rotates symmetric keys only"

    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    rule(config, "flows", "VPC_FLOW_LOGS_ENABLED")
    assert found(config, "flows")[network] == "NON_COMPLIANT"
    ec2.create_flow_logs(
        ResourceIds=[network], ResourceType="VPC", TrafficType="ALL", LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{DELIVERED}",
    )  # fmt: skip
    assert found(config, "flows")[network] == "COMPLIANT"


def test_while_the_recorder_is_stopped_what_it_recorded_stands(clients, config):
    bucket(clients, "stopped", team="stopped")
    rule(config, "kept", "S3_BUCKET_VERSIONING_ENABLED", Scope={"TagKey": "team", "TagValue": "stopped"})
    config.stop_configuration_recorder(ConfigurationRecorderName="default")
    clients("s3").put_bucket_versioning(Bucket="stopped", VersioningConfiguration={"Status": "Enabled"})
    assert found(config, "kept") == {"stopped": "NON_COMPLIANT"}
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    assert found(config, "kept") == {"stopped": "COMPLIANT"}


def test_a_rule_says_how_all_of_it_stands_and_that_it_found_nothing(clients, config):
    def standing(name):
        told = config.describe_compliance_by_config_rule(ConfigRuleNames=[name])["ComplianceByConfigRules"]
        return told[0]["Compliance"]["ComplianceType"]

    rule(config, "nothing", "SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS")
    assert standing("nothing") == "INSUFFICIENT_DATA"
    bucket(clients, "unversioned", team="one")
    rule(config, "all", "S3_BUCKET_VERSIONING_ENABLED")
    assert standing("all") == "NON_COMPLIANT"
    by_resource = config.describe_compliance_by_resource(ResourceType="AWS::S3::Bucket", ResourceId="unversioned")
    assert by_resource["ComplianceByResources"][0]["Compliance"]["ComplianceType"] == "NON_COMPLIANT"
    status = config.describe_config_rule_evaluation_status(ConfigRuleNames=["all"])["ConfigRulesEvaluationStatus"][0]
    assert status["FirstEvaluationStarted"]
    assert status["LastSuccessfulEvaluationTime"]
    config.delete_config_rule(ConfigRuleName="all")
    with pytest.raises(ClientError, match="NoSuchConfigRule"):
        found(config, "all")


def test_what_is_not_evaluated_is_refused(config):
    for identifier in ("ACM_CERTIFICATE_EXPIRATION_CHECK", "NO_SUCH_RULE"):
        with pytest.raises(ClientError, match="does not evaluate the rule"):
            rule(config, "other", identifier)
    with pytest.raises(ClientError, match="parameters of rules"):
        rule(config, "other", "SNS_ENCRYPTED_KMS", InputParameters=json.dumps({"kmsKeyIds": "a"}))
    with pytest.raises(ClientError, match="InvalidRoleException"):
        recorder(config, roleARN=f"arn:aws:iam::{ACCOUNT}:role/nobody")
    with pytest.raises(ClientError, match="records continuously only"):
        recorder(config, recordingMode={"recordingFrequency": "DAILY"})


def test_a_region_without_a_recorder_takes_no_rules(cloud):
    with pytest.raises(ClientError, match="NoAvailableConfigurationRecorder"):
        rule(cloud.clients("us-east-1")("config"), "any", "SNS_ENCRYPTED_KMS")


def test_every_managed_rule_finds_what_it_judges(clients, config):
    """Each reads its type without a fault, whatever there is of it."""
    assert {one.type for one in MANAGED.values()} == {*READERS}
    assert {*JUDGES} == {*MANAGED}
    assert {one.policy for one in MANAGED.values()} - {""} <= {policy.name for policy in policies()}
    for number, identifier in enumerate(MANAGED):
        rule(config, f"each-{number}", identifier)
        found(config, f"each-{number}")


def test_a_pipeline_that_logs_nothing_is_found(clients, config):
    trust = document({"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = clients("iam").create_role(RoleName="machines", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    text = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    arn = clients("stepfunctions").create_state_machine(name="silent", definition=text, roleArn=role)["stateMachineArn"]
    rule(config, "logging", "STEP_FUNCTIONS_STATE_MACHINE_LOGGING_ENABLED")
    assert found(config, "logging") == {arn: "NON_COMPLIANT"}
