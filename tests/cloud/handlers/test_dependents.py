"""A delete that something of a stranger's stands in the way of names it, and says what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from mlops_iac.cloud.handlers import HANDLERS
from mlops_iac.cloud.handlers._dependents import DEPENDENTS, SHOWN
from mlops_iac.core.errors import CloudError
from tests.cloud.handlers.conftest import SCOPE, Lab

TRUST = (
    '{"Version":"2012-10-17","Statement":'
    '[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'


def make(lab: Lab, type: str, name: str, inputs: dict[str, Any]) -> Any:
    handler = lab.provider.handler(type)
    return handler.create(SCOPE, handler.check(SCOPE, name, None, lab.filled(inputs)))


def attach_foreign_policy(lab: Lab, outputs: dict[str, Any]) -> str:
    iam = lab.clients(SCOPE.region)("iam")
    arn: str = iam.create_policy(PolicyName="strangers", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=outputs["name"], PolicyArn=arn)
    return arn


def attach_to_a_foreign_role(lab: Lab, outputs: dict[str, Any]) -> str:
    iam = lab.clients(SCOPE.region)("iam")
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="stranger", PolicyArn=outputs["arn"])
    return "role stranger"


def put_objects(lab: Lab, outputs: dict[str, Any]) -> str:
    s3 = lab.clients(SCOPE.region)("s3")
    for number in range(SHOWN + 2):
        s3.put_object(Bucket=outputs["bucket"], Key=f"strangers/{number}", Body=b"x")
    return "and 2 more"


def use_the_group(lab: Lab, outputs: dict[str, Any]) -> str:
    ec2 = lab.clients(SCOPE.region)("ec2")
    group = ec2.create_security_group(GroupName="stranger", Description="x", VpcId=outputs["vpcId"])["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": outputs["id"]}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    return f"security group {group} (stranger)"


def put_a_model(lab: Lab, outputs: dict[str, Any]) -> str:
    sagemaker = lab.clients(SCOPE.region)("sagemaker")
    arn: str = sagemaker.create_model_package(ModelPackageGroupName=outputs["modelPackageGroupName"])["ModelPackageArn"]
    return arn


def put_a_subnet(lab: Lab, outputs: dict[str, Any]) -> str:
    ec2 = lab.clients(SCOPE.region)("ec2")
    return f"subnet {ec2.create_subnet(VpcId=outputs['id'], CidrBlock='10.77.0.0/24')['Subnet']['SubnetId']}"


def put_an_interface(lab: Lab, outputs: dict[str, Any]) -> str:
    """Somebody's function, or an endpoint, in the group."""
    ec2 = lab.clients(SCOPE.region)("ec2")
    subnet = lab.made("subnet").id
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[outputs["id"]], Description="a stranger's function")
    return f"network interface {made['NetworkInterface']['NetworkInterfaceId']} (a stranger's function)"


def let_out_to_the_group(lab: Lab, outputs: dict[str, Any]) -> str:
    ec2 = lab.clients(SCOPE.region)("ec2")
    group = ec2.create_security_group(GroupName="outward", Description="x", VpcId=outputs["vpcId"])["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": outputs["id"]}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
    return f"security group {group} (outward)"


def put_an_endpoint(lab: Lab, outputs: dict[str, Any]) -> str:
    made = lab.clients(SCOPE.region)("ec2").create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=outputs["vpcId"], ServiceName="com.amazonaws.eu-west-1.sts",
        SubnetIds=[lab.made("subnet").id], SecurityGroupIds=[outputs["id"]],
    )  # fmt: skip
    return f"VPC endpoint {made['VpcEndpoint']['VpcEndpointId']} (com.amazonaws.eu-west-1.sts)"


def put_an_interface_into(lab: Lab, outputs: dict[str, Any]) -> str:
    made = lab.clients(SCOPE.region)("ec2").create_network_interface(SubnetId=outputs["id"])
    return f"network interface {made['NetworkInterface']['NetworkInterfaceId']}"


def put_a_role(lab: Lab, outputs: dict[str, Any]) -> str:
    iam = lab.clients(SCOPE.region)("iam")
    iam.create_role(RoleName="in-the-profile", AssumeRolePolicyDocument=TRUST)
    iam.add_role_to_instance_profile(InstanceProfileName=outputs["name"], RoleName="in-the-profile")
    return "role in-the-profile in the profile"


def put_an_image(lab: Lab, outputs: dict[str, Any]) -> str:
    layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1, "digest": "sha256:0"}
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layer, "layers": [layer]}
    lab.clients(SCOPE.region)("ecr").put_image(
        repositoryName=outputs["name"], imageManifest=json.dumps(manifest), imageTag="strangers"
    )
    return "image strangers"


def put_a_queue(lab: Lab, outputs: dict[str, Any]) -> str:
    order = [{"order": 1, "computeEnvironment": outputs["arn"]}]
    lab.clients(SCOPE.region)("batch").create_job_queue(
        jobQueueName="strangers", state="ENABLED", priority=1, computeEnvironmentOrder=order
    )
    return "job queue strangers"


def put_a_person(lab: Lab, outputs: dict[str, Any]) -> str:
    sagemaker = lab.clients(SCOPE.region)("sagemaker")
    sagemaker.create_user_profile(DomainId=outputs["id"], UserProfileName="stranger")
    return "user profile stranger"


def put_a_space(lab: Lab, outputs: dict[str, Any]) -> str:
    lab.clients(SCOPE.region)("sagemaker").create_space(
        DomainId=outputs["domainId"],
        SpaceName="private",
        OwnershipSettings={"OwnerUserProfileName": outputs["userProfileName"]},
        SpaceSharingSettings={"SharingType": "Private"},
    )
    return "space private"


STUDIO = {
    "authMode": "IAM",
    "vpcId": "${vpc.id}",
    "subnetIds": ["${subnet.id}"],
    "defaultUserSettings": {"executionRole": "${role.arn}"},
}
SERVERLESS = {"type": "FARGATE", "maxVcpus": 1, "subnets": ["${subnet.id}"], "securityGroupIds": ["${group.id}"]}

CASES: tuple[tuple[str, dict[str, Any], Callable[[Lab, dict[str, Any]], str]], ...] = (
    (
        "aws:batch/computeEnvironment:ComputeEnvironment",
        {"type": "MANAGED", "computeResources": SERVERLESS},
        put_a_queue,
    ),
    ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "${vpc.id}"}, use_the_group),
    ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "${vpc.id}"}, put_an_interface),
    ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "${vpc.id}"}, let_out_to_the_group),
    ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "${vpc.id}"}, put_an_endpoint),
    ("aws:ec2/subnet:Subnet", {"vpcId": "${vpc.id}", "cidrBlock": "10.20.77.0/24"}, put_an_interface_into),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.77.0.0/16"}, put_a_subnet),
    ("aws:ecr/repository:Repository", {"name": "held"}, put_an_image),
    ("aws:iam/instanceProfile:InstanceProfile", {"name": "held"}, put_a_role),
    ("aws:iam/policy:Policy", {"policy": ALLOW}, attach_to_a_foreign_role),
    ("aws:iam/role:Role", {"assumeRolePolicy": TRUST}, attach_foreign_policy),
    ("aws:s3/bucket:Bucket", {}, put_objects),
    ("aws:sagemaker/domain:Domain", STUDIO, put_a_person),
    ("aws:sagemaker/modelPackageGroup:ModelPackageGroup", {"modelPackageGroupName": "held-by-a-model"}, put_a_model),
    ("aws:sagemaker/userProfile:UserProfile", {"domainId": "${domain.id}", "userProfileName": "held"}, put_a_space),
)


@pytest.mark.parametrize(
    ("type", "inputs", "stand_in_the_way"), CASES, ids=lambda value: getattr(value, "__name__", "")
)
def test_what_stands_in_the_way_is_named_with_what_to_do(
    lab: Lab, type: str, inputs: dict[str, Any], stand_in_the_way: Callable[[Lab, dict[str, Any]], str]
) -> None:
    thing = make(lab, type, "held", inputs)
    named = stand_in_the_way(lab, thing.outputs)
    with pytest.raises(CloudError, match="Cloud refused a request") as refused:
        lab.provider.handler(type).delete(SCOPE, thing.id, thing.outputs)
    assert "In the way:" in refused.value.detail
    assert named in refused.value.detail
    assert DEPENDENTS[type][1] in refused.value.hint
    assert lab.provider.handler(type).read(SCOPE, thing.id, thing.outputs) is not None


def test_everything_that_is_named_has_a_case() -> None:
    assert {type for type, _, _ in CASES} == set(DEPENDENTS)


def test_a_profile_lets_go_of_its_own_role_only(lab: Lab) -> None:
    """Somebody exchanged the role by hand, and machines may run with it."""
    iam = lab.clients(SCOPE.region)("iam")
    for name in ("own", "exchanged"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    profile = make(lab, "aws:iam/instanceProfile:InstanceProfile", "swapped", {"name": "swapped", "role": "own"})
    iam.remove_role_from_instance_profile(InstanceProfileName="swapped", RoleName="own")
    iam.add_role_to_instance_profile(InstanceProfileName="swapped", RoleName="exchanged")
    handler = lab.provider.handler("aws:iam/instanceProfile:InstanceProfile")
    with pytest.raises(CloudError, match="Cloud refused a request") as refused:
        handler.delete(SCOPE, profile.id, profile.outputs)
    assert "role exchanged in the profile" in refused.value.detail


def test_a_role_that_is_to_let_go_of_its_policies_does(lab: Lab) -> None:
    role = make(lab, "aws:iam/role:Role", "letting-go", {"assumeRolePolicy": TRUST, "forceDetachPolicies": True})
    lab.clients(SCOPE.region)("iam").put_role_policy(
        RoleName=role.outputs["name"], PolicyName="x", PolicyDocument=ALLOW
    )
    handler = lab.provider.handler("aws:iam/role:Role")
    handler.delete(SCOPE, role.id, role.outputs)
    assert handler.read(SCOPE, role.id, role.outputs) is None


def test_the_table_is_of_types_there_are_and_every_hint_is_an_action() -> None:
    assert set(DEPENDENTS) <= set(HANDLERS)
    assert list(DEPENDENTS) == sorted(DEPENDENTS)
    for _, remedy in DEPENDENTS.values():
        assert re.match(r"delete|detach|take|remove|move", remedy)
