"""aws:ec2/vpc:Vpc."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

ATTRIBUTES = {"enableDnsHostnames": "EnableDnsHostnames", "enableDnsSupport": "EnableDnsSupport"}


class Vpc(Ec2Resource):
    """CreateVpc, one ModifyVpcAttribute for each attribute that is not AWS's default, and three describes for
    the ids of the default security group, route table and network ACL. A read refreshes the DNS attributes and
    tags."""

    type = "aws:ec2/vpc:Vpc"
    tag_type, ids_param = "vpc", "VpcIds"
    parents = {"cidrBlock": "cidr"}
    create_op, read_op, delete_op = "CreateVpc", "DescribeVpcs", "DeleteVpc"
    extras = frozenset({"tags", *ATTRIBUTES})
    renames = {"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"}
    ignores = {"enableNetworkAddressUsageMetrics": "no metrics of addresses are made here."}
    defaults = {"enableDnsSupport": True, "enableDnsHostnames": False, "instanceTenancy": "default"}
    replace_on = frozenset({"cidrBlock", "instanceTenancy", "assignGeneratedIpv6CidrBlock", "ipv6CidrBlock"})
    key = {"VpcId": "id"}
    item, read_item = "Vpc", "Vpcs[0]"
    computed = {"id": "VpcId", "dhcpOptionsId": "DhcpOptionsId", "ownerId": "OwnerId"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:vpc/{id}"}
    later = frozenset(ATTRIBUTES)
    create_calls = 5

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id
        aws_defaults = {"enableDnsSupport": True, "enableDnsHostnames": False}
        self._modify(api, outputs, {key for key in ATTRIBUTES if outputs.get(key) != aws_defaults[key]})
        self._add_defaults(api, outputs)

    def _add_defaults(self, api: Api, outputs: dict[str, Any]) -> None:
        inside = [{"Name": "vpc-id", "Values": [outputs["id"]]}]
        group = [*inside, {"Name": "group-name", "Values": ["default"]}]
        tables = api("DescribeRouteTables", Filters=inside)["RouteTables"]
        groups = api("DescribeSecurityGroups", Filters=group)["SecurityGroups"]
        lists = api("DescribeNetworkAcls", Filters=inside)["NetworkAcls"]
        outputs["defaultRouteTableId"] = outputs["mainRouteTableId"] = tables[0]["RouteTableId"]
        outputs["defaultSecurityGroupId"] = groups[0]["GroupId"]
        outputs["defaultNetworkAclId"] = lists[0]["NetworkAclId"]

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id
        for key, member in ATTRIBUTES.items():
            answer = api("DescribeVpcAttribute", VpcId=outputs["id"], Attribute=key)
            outputs[key] = answer[member]["Value"]
        if "defaultSecurityGroupId" not in outputs:  # found after a crash, or imported
            self._add_defaults(api, outputs)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        self._modify(api, outputs, changed & ATTRIBUTES.keys())

    def _modify(self, api: Api, outputs: Props, keys: set[str] | frozenset[str]) -> None:
        for key in sorted(keys, reverse=True):  # support before host names, which need it
            api("ModifyVpcAttribute", VpcId=outputs["id"], **{ATTRIBUTES[key]: {"Value": bool(outputs[key])}})
