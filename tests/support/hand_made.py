"""Things of nobody's in an account, as people make them by hand."""

from __future__ import annotations

from typing import Any

REGION = "eu-west-1"


def make_network(ec2: Any) -> str:
    vpc: str = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    for number, zone in enumerate("ab"):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
    ec2.create_security_group(VpcId=vpc, GroupName="jobs", Description="jobs")
    inside = [{"Name": "vpc-id", "Values": [vpc]}]
    table = ec2.describe_route_tables(Filters=inside)["RouteTables"][0]["RouteTableId"]
    service = f"com.amazonaws.{REGION}.s3"
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=service, VpcEndpointType="Gateway", RouteTableIds=[table])
    return vpc


def make_key(kms: Any) -> str:
    key: str = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/theirs", TargetKeyId=key)
    return key


def make_bucket(s3: Any, name: str, key: str) -> None:
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    s3.put_object(Bucket=name, Key="raw/theirs.txt", Body=b"theirs")


def make_way_out(ec2: Any) -> dict[str, Any]:
    """A network whose private subnets lead to the internet, as `adopt.network` takes it."""
    vpc = make_network(ec2)
    inside = [{"Name": "vpc-id", "Values": [vpc]}]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets(Filters=inside)["Subnets"]]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.describe_route_tables(Filters=inside)["RouteTables"][0]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    groups = ec2.describe_security_groups(Filters=inside)["SecurityGroups"]
    (group,) = (one["GroupId"] for one in groups if one["GroupName"] == "jobs")
    return {"vpc_id": vpc, "subnet_ids": subnets, "security_group_id": group}
