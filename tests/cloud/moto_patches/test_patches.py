"""Where moto differs from AWS in ways that would destroy or block, and no longer does here."""

from __future__ import annotations

import json

import moto
import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import moto_patches
from mlops_iac.core.errors import CloudError

LOCATION = {"LocationConstraint": "eu-west-1"}
ROLE = "arn:aws:iam::123456789012:role/runner"


@pytest.fixture(scope="module")
def clients(cloud):
    return cloud.clients()


def bucket(clients, name):
    clients("s3").create_bucket(Bucket=name, CreateBucketConfiguration=LOCATION)
    return clients("s3")


def code_of(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_another_moto_is_refused_by_name(cloud, monkeypatch):
    monkeypatch.setattr(moto, "__version__", "5.3.0")
    with pytest.raises(CloudError, match=r"5\.3\.0"):
        moto_patches.apply(cloud.gateway)


# S3 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "member", "configuration"),
    [
        ("metrics", "MetricsConfiguration", {"Id": "i", "Filter": {"Prefix": "raw/"}}),
        ("analytics", "AnalyticsConfiguration", {"Id": "i", "StorageClassAnalysis": {}}),
        (
            "intelligent_tiering",
            "IntelligentTieringConfiguration",
            {"Id": "i", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]},
        ),
    ],
)
def test_deleting_a_configuration_leaves_the_bucket(clients, kind, member, configuration):
    name = f"configured-{kind.replace('_', '-')}"
    s3 = bucket(clients, name)
    call = {verb: getattr(s3, f"{verb}_bucket_{kind}_configuration") for verb in ("put", "get", "delete")}
    call["put"](Bucket=name, Id="i", **{member: configuration})
    assert call["get"](Bucket=name, Id="i")[member] == configuration
    assert len(getattr(s3, f"list_bucket_{kind}_configurations")(Bucket=name)[f"{member}List"]) == 1
    call["delete"](Bucket=name, Id="i")
    assert code_of(lambda: call["get"](Bucket=name, Id="i")) == "NoSuchConfiguration"
    s3.head_bucket(Bucket=name)
    assert code_of(lambda: call["put"](Bucket="no-such-bucket", Id="i", **{member: configuration})) == "NoSuchBucket"


def test_a_sub_resource_that_nobody_knows_is_refused_and_not_the_bucket_deleted(clients):
    s3 = bucket(clients, "still-there")
    assert code_of(lambda: s3.delete_bucket_inventory_configuration(Bucket="still-there", Id="i")) == "NotImplemented"
    s3.head_bucket(Bucket="still-there")


def policy(effect, condition, action="s3:*", principal="*", name="guarded"):
    resources = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resources}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})


@pytest.mark.parametrize(
    ("condition", "principal", "allowed"),
    [
        ({"Bool": {"aws:SecureTransport": "false"}}, "*", True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"AWS": "*"}, True),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, "*", True),
        ({}, {"AWS": "arn:aws:iam::123456789012:role/other"}, True),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, "*", False),  # a person comes through no endpoint
        ({"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}, "*", True),
        ({"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, "*", False),
        ({"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}, "*", False),
        ({"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": "aws:kms"}}, "*", False),
        ({"Null": {"s3:x-amz-server-side-encryption": "true"}}, "*", False),
    ],
)
def test_a_deny_counts_when_its_conditions_hold(clients, condition, principal, allowed):
    name = f"guarded-{abs(hash(str((condition, principal))))}"
    s3 = bucket(clients, name)
    s3.put_bucket_policy(Bucket=name, Policy=policy("Deny", condition, "s3:PutObject", principal, name))
    if allowed:
        s3.put_object(Bucket=name, Key="k", Body=b"x")
        assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"
    else:
        assert code_of(lambda: s3.put_object(Bucket=name, Key="k", Body=b"x")) in ("403", "AccessDenied", "Forbidden")


def test_a_lake_that_demands_encryption_takes_encrypted_objects(clients):
    s3 = bucket(clients, "demanding")
    demand = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    s3.put_bucket_policy(Bucket="demanding", Policy=policy("Deny", demand, "s3:PutObject", name="demanding"))
    s3.put_object(Bucket="demanding", Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    assert s3.head_object(Bucket="demanding", Key="k")["ServerSideEncryption"] == "aws:kms"


def test_a_policy_that_is_not_json_is_refused(clients):
    s3 = bucket(clients, "no-policy")
    assert code_of(lambda: s3.put_bucket_policy(Bucket="no-policy", Policy="{not json")) == "MalformedPolicy"


# SageMaker ----------------------------------------------------------------------------------------------------------


def model(clients, name, **more):
    return clients("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"}, **more
    )


def endpoint_configuration(clients, name, instance_type):
    variant = {"VariantName": "v", "ModelName": "m-1", "InstanceType": instance_type, "InitialInstanceCount": 1}
    clients("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])


def test_instance_types_are_botocores_and_not_those_of_2021(clients):
    model(clients, "m-1")
    for number, instance_type in enumerate(("ml.g5.xlarge", "ml.m6i.large", "ml.c7g.large", "ml.p5.48xlarge")):
        endpoint_configuration(clients, f"modern-{number}", instance_type)
    assert code_of(lambda: endpoint_configuration(clients, "unknown", "ml.nothing.large")) == "ValidationException"


def test_a_name_is_used_once(clients):
    model(clients, "twice")
    assert code_of(lambda: model(clients, "twice")) == "ValidationException"
    clients("sagemaker").create_model_package_group(ModelPackageGroupName="twice")
    again = lambda: clients("sagemaker").create_model_package_group(ModelPackageGroupName="twice")  # noqa: E731
    assert code_of(again) == "ValidationException"


def test_network_isolation_is_remembered(clients):
    model(clients, "isolated", EnableNetworkIsolation=True)
    assert clients("sagemaker").describe_model(ModelName="isolated")["EnableNetworkIsolation"] is True


def package(clients, group, **more):
    containers = [{"Image": "image", "ModelDataUrl": "s3://lake/model.tar.gz"}]
    specification = {
        "Containers": containers,
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m7i.large"],
    }
    return clients("sagemaker").create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=specification, **more
    )["ModelPackageArn"]


def test_the_registry_can_be_emptied_and_never_uses_a_version_twice(clients):
    sagemaker = clients("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="emptied")
    first, second = package(clients, "emptied"), package(clients, "emptied")
    in_use = lambda: sagemaker.delete_model_package_group(ModelPackageGroupName="emptied")  # noqa: E731
    assert code_of(in_use) == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=first)
    assert package(clients, "emptied").endswith("/3")
    sagemaker.delete_model_package(ModelPackageName=second)
    listed = sagemaker.list_model_packages(ModelPackageGroupName="emptied")["ModelPackageSummaryList"]
    assert [item["ModelPackageVersion"] for item in listed] == [3]
    sagemaker.delete_model_package(ModelPackageName=listed[0]["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName="emptied")
    assert code_of(lambda: sagemaker.describe_model_package_group(ModelPackageGroupName="emptied"))


def test_metadata_of_a_model_package_is_merged(clients):
    sagemaker = clients("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="merged")
    arn = package(clients, "merged", CustomerMetadataProperties={"a": "1"}, ModelApprovalStatus="Approved")
    sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"b": "2"})
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"a": "1", "b": "2"}
    assert described["ModelApprovalStatus"] == "Approved"


def test_a_groups_policy_is_kept(clients):
    sagemaker = clients("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="shared")
    sagemaker.put_model_package_group_policy(ModelPackageGroupName="shared", ResourcePolicy="{}")
    assert sagemaker.get_model_package_group_policy(ModelPackageGroupName="shared")["ResourcePolicy"] == "{}"
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName="shared")
    assert code_of(lambda: sagemaker.get_model_package_group_policy(ModelPackageGroupName="shared"))


# Others -------------------------------------------------------------------------------------------------------------


def test_a_work_group_can_be_updated_and_is_gone_after_its_delete(clients):
    athena = clients("athena")
    results = {"OutputLocation": "s3://lake/a/", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}
    athena.create_work_group(Name="w", Configuration={"ResultConfiguration": results})
    athena.update_work_group(
        WorkGroup="w",
        Description="new",
        ConfigurationUpdates={
            "BytesScannedCutoffPerQuery": 10_000_000,
            "ResultConfigurationUpdates": {"OutputLocation": "s3://lake/b/", "RemoveEncryptionConfiguration": True},
        },
    )
    group = athena.get_work_group(WorkGroup="w")["WorkGroup"]
    assert group["Description"] == "new"
    assert group["Configuration"]["BytesScannedCutoffPerQuery"] == 10_000_000
    assert group["Configuration"]["ResultConfiguration"] == {"OutputLocation": "s3://lake/b/"}
    athena.delete_work_group(WorkGroup="w")
    assert code_of(lambda: athena.get_work_group(WorkGroup="w")) == "InvalidRequestException"


def test_a_budget_can_be_updated_and_tells_its_subscribers(clients):
    budgets, account = clients("budgets"), "123456789012"
    limit = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscriber = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:eu-west-1:123456789012:t"}
    budgets.create_budget(
        AccountId=account,
        Budget={**limit, "BudgetLimit": {"Amount": "100", "Unit": "USD"}},
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [subscriber]}],
    )
    budgets.update_budget(AccountId=account, NewBudget={**limit, "BudgetLimit": {"Amount": "250", "Unit": "USD"}})
    described = budgets.describe_budget(AccountId=account, BudgetName="b")["Budget"]
    assert described["BudgetLimit"]["Amount"] == "250"
    assert described["TimePeriod"]["Start"]
    told = budgets.describe_subscribers_for_notification(AccountId=account, BudgetName="b", Notification=notification)
    assert told["Subscribers"] == [subscriber]


def test_a_budget_has_tags(clients):
    budgets, account = clients("budgets"), "123456789012"
    budget = {"BudgetName": "t", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    budget["BudgetLimit"] = {"Amount": "100", "Unit": "USD"}
    budgets.create_budget(AccountId=account, Budget=budget, ResourceTags=[{"Key": "a", "Value": "1"}])
    arn = f"arn:aws:budgets::{account}:budget/t"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["b", "never"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "a", "Value": "2"}]
    assert code_of(lambda: budgets.list_tags_for_resource(ResourceARN=f"{arn}x")) == "NotFoundException"


def test_managed_policies_exist_when_asked_for(clients):
    iam = clients("iam")
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument=json.dumps(trust))
    arn = "arn:aws:iam::aws:policy/service-role/AWSBatchServiceRole"
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    assert iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"][0]["PolicyArn"] == arn
    nothing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    assert code_of(lambda: iam.attach_role_policy(RoleName="managed", PolicyArn=nothing)) == "NoSuchEntity"


@pytest.mark.parametrize("document", ["{not json", "{}", json.dumps({"Statement": [{"Resource": "*"}]})])
def test_a_malformed_trust_policy_is_refused(clients, document):
    create = lambda: clients("iam").create_role(RoleName="bad", AssumeRolePolicyDocument=document)  # noqa: E731
    assert code_of(create) == "MalformedPolicyDocument"


# EC2 ----------------------------------------------------------------------------------------------------------------


def test_public_images_are_loaded_when_images_are_asked_for_and_not_before(cloud, clients):
    from moto.ec2.models import ec2_backends

    clients("ec2").describe_vpcs()
    backend = ec2_backends["123456789012"]["eu-west-1"]
    assert not backend.amis
    images = clients("ec2").describe_images(Owners=["amazon"])["Images"]
    assert len(images) > 100
    assert len(clients("ec2").describe_images(Owners=["amazon"])["Images"]) == len(images)
    run = clients("ec2").run_instances(ImageId=images[0]["ImageId"], MinCount=1, MaxCount=1)
    assert run["Instances"][0]["ImageId"] == images[0]["ImageId"]
