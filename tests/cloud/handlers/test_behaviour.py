"""What single handlers do beyond the common cycle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.engine.handler import Created, Unfinished
from tests.cloud.handlers.conftest import REGION, SCOPE, Lab

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "batch.amazonaws.com"}}],
}
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


@pytest.fixture
def make(lab: Lab) -> Iterator[Any]:
    made: list[tuple[Any, Created]] = []

    def create(token: str, /, **inputs: Any) -> Created:
        handler = lab.provider.handler(token)
        created = handler.create(SCOPE, handler.check(SCOPE, "thing", None, lab.filled(inputs)))
        made.append((handler, created))
        return created

    yield create
    for handler, created in reversed(made):
        handler.delete(SCOPE, created.id, {**created.outputs, "forceDestroy": True})


def client(lab: Lab, service: str) -> Any:
    return lab.clients(REGION)(service)


def test_a_bucket_with_objects_is_kept_unless_it_may_be_emptied(lab: Lab, make: Any) -> None:
    handler = lab.provider.handler("aws:s3/bucket:Bucket")
    bucket = make("aws:s3/bucket:Bucket")
    make("aws:s3/bucketVersioning:BucketVersioning", bucket=bucket.id, versioningConfiguration={"status": "Enabled"})
    s3 = client(lab, "s3")
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket.id, Key="raw/data.csv", Body=body)
    s3.delete_object(Bucket=bucket.id, Key="raw/data.csv")

    with pytest.raises(CloudError, match="Cloud refused") as refusal:
        handler.delete(SCOPE, bucket.id, bucket.outputs)
    assert refusal.value.code == "BucketNotEmpty"
    assert "`force_destroy`" in refusal.value.hint
    assert "delete marker of raw/data.csv" in refusal.value.detail

    handler.delete(SCOPE, bucket.id, {**bucket.outputs, "forceDestroy": True})
    assert handler.read(SCOPE, bucket.id, bucket.outputs) is None


def test_a_buckets_region_can_be_another_than_the_stacks(lab: Lab, make: Any) -> None:
    bucket = make("aws:s3/bucket:Bucket", region="us-east-1")
    assert bucket.outputs["bucketRegionalDomainName"].endswith(".s3.us-east-1.amazonaws.com")
    assert bucket.outputs["region"] == "us-east-1"


def test_drift_is_visible_in_a_read(lab: Lab, make: Any) -> None:
    role = make("aws:iam/role:Role", assumeRolePolicy=TRUST, tags={"a": "b"})
    client(lab, "iam").update_role(RoleName=role.id, Description="changed by hand")
    client(lab, "iam").tag_role(RoleName=role.id, Tags=[{"Key": "by", "Value": "hand"}])
    seen = lab.provider.handler("aws:iam/role:Role").read(SCOPE, role.id, role.outputs)
    assert seen is not None
    assert seen.outputs["description"] == "changed by hand"
    assert seen.outputs["tags"] == {"a": "b", "by": "hand"}


def test_a_boundary_that_is_taken_out_is_taken_off_the_role(lab: Lab, make: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
    inputs = {"assumeRolePolicy": json.dumps(TRUST), "permissionsBoundary": boundary}
    role, handler = make("aws:iam/role:Role", **inputs), lab.provider.handler("aws:iam/role:Role")
    get = client(lab, "iam").get_role
    worn = get(RoleName=role.id)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    assert worn == boundary
    old = {**inputs, "name": role.id}
    new = {name: value for name, value in old.items() if name != "permissionsBoundary"}
    handler.update(SCOPE, role.id, old, new, role.outputs)
    assert "PermissionsBoundary" not in get(RoleName=role.id)["Role"]


def test_what_a_cut_off_create_left_is_found_by_its_name(lab: Lab, make: Any) -> None:
    handler = lab.provider.handler("aws:ecr/repository:Repository")
    inputs = handler.check(SCOPE, "images", None, {"name": "screening-dev/images"})
    assert handler.find(SCOPE, inputs) is None
    made = make("aws:ecr/repository:Repository", name="screening-dev/images")
    found = handler.find(SCOPE, inputs)
    assert found is not None
    assert found.outputs == made.outputs


def test_a_network_is_found_by_its_tags(lab: Lab, make: Any) -> None:
    handler = lab.provider.handler("aws:ec2/vpc:Vpc")
    tags = {"Name": "screening-dev-found", "mlops-iac:stack": "screening-dev"}
    made = make("aws:ec2/vpc:Vpc", cidrBlock="10.77.0.0/16", tags=tags)
    found = handler.find(SCOPE, handler.check(SCOPE, "vpc", None, {"cidrBlock": "10.77.0.0/16", "tags": tags}))
    assert found is not None
    assert found.id == made.id


@pytest.mark.parametrize(
    ("type", "inputs"),
    [
        (
            "aws:sfn/stateMachine:StateMachine",
            {"roleArn": "arn:aws:iam::123456789012:role/nobody", "definition": {"StartAt": "A", "States": {}}},
        ),
        (
            "aws:ec2/flowLog:FlowLog",
            {"vpcId": "${vpc.id}", "trafficType": "ALL", "iamRoleArn": "arn:aws:iam::123456789012:role/nobody"},
        ),
        (
            "aws:scheduler/schedule:Schedule",
            {
                "scheduleExpression": "rate(1 day)",
                "flexibleTimeWindow": {"mode": "OFF"},
                "target": {"arn": "arn:aws:sqs:::q", "roleArn": "arn:aws:iam::123456789012:role/nobody"},
            },
        ),
        (
            "aws:batch/computeEnvironment:ComputeEnvironment",
            {"type": "MANAGED", "computeResources": {"type": "FARGATE", "maxVcpus": 1, "subnets": ["subnet-0"]}},
        ),
        (
            "aws:ec2/vpcEndpoint:VpcEndpoint",
            {
                "vpcId": "${vpc.id}",
                "serviceName": "com.amazonaws.eu-west-1.sts",
                "vpcEndpointType": "Interface",
                "securityGroupIds": ["sg-0"],
            },
        ),
        (
            "aws:ecr/repository:Repository",
            {"encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": "arn:aws:kms:eu-west-1:1:key/none"}]},
        ),
    ],
)
def test_a_create_that_names_what_does_not_exist_is_refused(make: Any, type: str, inputs: dict[str, Any]) -> None:
    with pytest.raises(CloudError, match="Cloud refused") as refusal:
        make(type, **inputs)
    assert "does not exist" in refusal.value.detail
    assert refusal.value.call


def test_an_attached_policy_is_not_deleted(lab: Lab, make: Any) -> None:
    role = make("aws:iam/role:Role", assumeRolePolicy=TRUST)
    policy = make("aws:iam/policy:Policy", policy=ALLOW)
    make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", role=role.id, policyArn=policy.id)
    with pytest.raises(CloudError, match="Cloud refused") as refusal:
        lab.provider.handler("aws:iam/policy:Policy").delete(SCOPE, policy.id, policy.outputs)
    assert refusal.value.code == "DeleteConflict"


def test_a_policy_can_change_more_often_than_it_may_have_versions(lab: Lab, make: Any) -> None:
    handler = lab.provider.handler("aws:iam/policy:Policy")
    policy = make("aws:iam/policy:Policy", policy=ALLOW)
    outputs = policy.outputs
    old = {"policy": outputs["policy"], "name": outputs["name"], "path": "/"}
    for turn in range(7):
        new = {**old, "policy": json.dumps({**ALLOW, "Id": str(turn)})}
        outputs = handler.update(SCOPE, policy.id, old, new, outputs)
        old = new
    seen = handler.read(SCOPE, policy.id, outputs)
    assert seen is not None
    assert '"Id": "6"' in seen.outputs["policy"]


def test_a_group_that_others_name_is_not_deleted(lab: Lab, make: Any) -> None:
    named = make("aws:ec2/securityGroup:SecurityGroup", vpcId="${vpc.id}")
    other = make("aws:ec2/securityGroup:SecurityGroup", vpcId="${vpc.id}")
    make(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        securityGroupId=other.id,
        ipProtocol="tcp",
        fromPort=443,
        toPort=443,
        referencedSecurityGroupId=named.id,
    )
    with pytest.raises(CloudError, match="Cloud refused") as refusal:
        lab.provider.handler("aws:ec2/securityGroup:SecurityGroup").delete(SCOPE, named.id, named.outputs)
    assert refusal.value.code == "DependencyViolation"


def test_an_environment_that_a_queue_uses_is_not_deleted(lab: Lab, make: Any) -> None:
    environment = make(
        "aws:batch/computeEnvironment:ComputeEnvironment",
        type="MANAGED",
        computeResources={
            "type": "FARGATE",
            "maxVcpus": 1,
            "subnets": ["${subnet.id}"],
            "securityGroupIds": ["${group.id}"],
        },
    )
    orders = [{"computeEnvironment": environment.outputs["arn"], "order": 1}]
    make("aws:batch/jobQueue:JobQueue", priority=1, state="ENABLED", computeEnvironmentOrders=orders)
    handler = lab.provider.handler("aws:batch/computeEnvironment:ComputeEnvironment")
    with pytest.raises(CloudError, match="Cloud refused") as refusal:
        handler.delete(SCOPE, environment.id, environment.outputs)
    assert "JobQueue relationship" in refusal.value.detail
    found = client(lab, "batch").describe_compute_environments(computeEnvironments=[environment.id])
    assert [one["state"] for one in found["computeEnvironments"]] == ["ENABLED"], "the queue keeps its machines"


def test_a_group_with_packages_is_not_deleted(lab: Lab, make: Any) -> None:
    group = make("aws:sagemaker/modelPackageGroup:ModelPackageGroup")
    sagemaker = client(lab, "sagemaker")
    package = sagemaker.create_model_package(ModelPackageGroupName=group.id, ModelPackageDescription="first")
    handler = lab.provider.handler("aws:sagemaker/modelPackageGroup:ModelPackageGroup")
    with pytest.raises(CloudError, match="Cloud refused") as refusal:
        handler.delete(SCOPE, group.id, group.outputs)
    assert "contains model packages" in refusal.value.detail
    sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])


def test_routes_of_a_table_change_one_by_one(lab: Lab, make: Any) -> None:
    ec2 = client(lab, "ec2")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=lab.made("vpc").id)
    handler = lab.provider.handler("aws:ec2/routeTable:RouteTable")
    routes = [{"cidrBlock": "0.0.0.0/0", "gatewayId": gateway}]
    table = make("aws:ec2/routeTable:RouteTable", vpcId="${vpc.id}", routes=routes)
    assert destinations(ec2, table.id) >= {"0.0.0.0/0"}

    old = {"vpcId": lab.made("vpc").id, "routes": routes}
    new = {**old, "routes": [{"cidrBlock": "8.8.8.0/24", "gatewayId": gateway}]}
    handler.update(SCOPE, table.id, old, new, table.outputs)
    assert "0.0.0.0/0" not in destinations(ec2, table.id)
    assert "8.8.8.0/24" in destinations(ec2, table.id)


def destinations(ec2: Any, table: str) -> set[str]:
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return {route["DestinationCidrBlock"] for route in routes}


def test_a_create_that_fails_half_way_says_what_it_has_made(lab: Lab, make: Any) -> None:
    with pytest.raises(Unfinished, match="no-such-role") as raised:
        make("aws:iam/instanceProfile:InstanceProfile", name="half-made", role="no-such-role")
    handler = lab.provider.handler("aws:iam/instanceProfile:InstanceProfile")
    made = raised.value.made
    assert made.id == "half-made"
    assert handler.find(SCOPE, {"name": "half-made"}) is not None
    handler.delete(SCOPE, made.id, made.outputs)
    assert handler.find(SCOPE, {"name": "half-made"}) is None


def test_a_log_group_may_outlive_its_resource(lab: Lab, make: Any) -> None:
    handler = lab.provider.handler("aws:cloudwatch/logGroup:LogGroup")
    group = make("aws:cloudwatch/logGroup:LogGroup", name="/kept")
    handler.delete(SCOPE, group.id, {**group.outputs, "skipDestroy": True})
    assert handler.read(SCOPE, group.id, group.outputs) is not None


def test_an_iceberg_table_has_its_first_metadata_and_a_commit_is_no_drift(lab: Lab, make: Any) -> None:
    handler = lab.provider.handler("aws:glue/catalogTable:CatalogTable")
    lab.made("database")
    bucket = make("aws:s3/bucket:Bucket")
    table = make(
        "aws:glue/catalogTable:CatalogTable",
        databaseName="needs_database",
        name="sales",
        tableType="EXTERNAL_TABLE",
        openTableFormatInput={"icebergInput": {"metadataOperation": "CREATE", "version": "2"}},
        storageDescriptor={"location": f"s3://{bucket.id}/sales", "columns": [{"name": "id", "type": "bigint"}]},
    )
    glue = client(lab, "glue")
    there = glue.get_table(DatabaseName="needs_database", Name="sales")["Table"]
    first = there["Parameters"]["metadata_location"]
    (written,) = client(lab, "s3").list_objects_v2(Bucket=bucket.id)["Contents"]
    assert first == f"s3://{bucket.id}/{written['Key']}"
    assert handler.read(SCOPE, table.id, table.outputs) == table
    given = {key: there[key] for key in ("Name", "TableType", "StorageDescriptor")}
    newer = {**there["Parameters"], "metadata_location": f"{first}2", "previous_metadata_location": first}
    glue.update_table(DatabaseName="needs_database", TableInput={**given, "Parameters": newer})
    assert handler.read(SCOPE, table.id, table.outputs) == table


def test_an_iceberg_table_that_cannot_be_is_refused_at_preview(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = lab.provider.handler("aws:glue/catalogTable:CatalogTable")

    def check(**iceberg: Any) -> Any:
        form = {"icebergInput": {"metadataOperation": "CREATE", **iceberg}}
        return handler.check(SCOPE, "thing", None, {"databaseName": "lab", "openTableFormatInput": form})

    assert check(version="2")
    for wrong in ({"version": "3"}, {"icebergTableInput": {"location": "s3://lake/x"}}):
        with pytest.raises(NotEmulated, match="icebergInput"):
            check(**wrong)
    monkeypatch.setattr("mlops_iac.cloud.handlers.glue.catalog_table.is_there", lambda: False)
    with pytest.raises(NotEmulated, match="openTableFormatInput") as refusal:
        check()
    assert "pip install 'mlops-iac[iceberg]'" in refusal.value.hint
