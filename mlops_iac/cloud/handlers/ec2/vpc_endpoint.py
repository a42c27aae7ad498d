"""aws:ec2/vpcEndpoint:VpcEndpoint."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

LISTS = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}
SERVICE = re.compile(
    r"(com\.amazonaws(\.vpce)?|cn\.com\.amazonaws(\.vpce)?|aws\.sagemaker|aws\.api)\.(?P<region>[a-z]+-[a-z0-9-]+)"
    r"\.[a-z0-9.-]+"
)
"""AWS's own endpoint services (``com.amazonaws.eu-west-1.s3``, ``aws.sagemaker.eu-west-1.studio``), and those of others
(``com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f67890``)."""


class VpcEndpoint(Ec2Resource):
    """CreateVpcEndpoint, DescribeVpcEndpoints, ModifyVpcEndpoint, DeleteVpcEndpoints. A read refreshes policy,
    private DNS, route tables, subnets, groups and tags. An endpoint of somebody else's service (PrivateLink) is there
    at once, where AWS waits until its owner accepts; nothing answers behind it."""

    type = "aws:ec2/vpcEndpoint:VpcEndpoint"
    tag_type, ids_param = "vpc-endpoint", "VpcEndpointIds"
    create_op, read_op = "CreateVpcEndpoint", "DescribeVpcEndpoints"
    renames = {"policy": "PolicyDocument"}
    documents = frozenset({"policy"})
    required = frozenset({"vpcId", "serviceName"})
    defaults = {"vpcEndpointType": "Gateway"}
    ignores = {"autoAccept": "AWS's own services accept by themselves."}
    references = {"securityGroupIds": "security group", "subnetIds": "subnet"}
    replace_on = frozenset({"vpcId", "serviceName", "vpcEndpointType", "ipAddressType", "dnsOptions"})
    item, read_item = "VpcEndpoint", "VpcEndpoints[0]"
    computed = {
        "id": "VpcEndpointId",
        "state": "State",
        "networkInterfaceIds": "NetworkInterfaceIds",
        "dnsEntries": "DnsEntries[].{dnsName: DnsName, hostedZoneId: HostedZoneId}",
    }
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}"}
    create_calls = 3

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        name, region = inputs["serviceName"], self._region(scope, inputs)
        match = SERVICE.fullmatch(name) if isinstance(name, str) else None
        if isinstance(name, str) and (match is None or match["region"] != region):
            raise CloudError(
                "Not an endpoint service.",
                f"`{self.type}.serviceName` is `{name}`; in {region} it looks like `com.amazonaws.{region}.s3`.",
                resource=self.type,
            )

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        if outputs["vpcEndpointType"] == "Gateway":
            # What security group rules name: AWS's own list of the service's addresses in the region.
            by_name = [{"Name": "prefix-list-name", "Values": [outputs["serviceName"]]}]
            lists = api("DescribeManagedPrefixLists", Filters=by_name)["PrefixLists"]
            outputs["prefixListId"] = lists[0]["PrefixListId"] if lists else None
        outputs["ownerId"], outputs["requesterManaged"] = scope.account_id, False

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        found = {**item, "SecurityGroupIds": [group["GroupId"] for group in item.get("Groups") or []]}
        if "ownerId" not in outputs:  # found after a crash, cut off, or imported
            self.finish(api, scope, outputs)
        if "privateDnsEnabled" in outputs:
            outputs["privateDnsEnabled"] = bool(item.get("PrivateDnsEnabled"))
        if "policy" in outputs and item.get("PolicyDocument"):
            outputs["policy"] = settle(outputs["policy"], item["PolicyDocument"])
        for key, member in LISTS.items():
            if key in outputs and member in item and sorted(outputs[key]) != sorted(found[member]):
                outputs[key] = list(found[member])

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        params: dict[str, Any] = {}
        for key in changed & LISTS.keys():
            before, after = set(old.get(key) or []), set(outputs.get(key) or [])
            params |= {f"Add{LISTS[key]}": sorted(after - before)} if after - before else {}
            params |= {f"Remove{LISTS[key]}": sorted(before - after)} if before - after else {}
        if "policy" in changed:
            params |= {"PolicyDocument": outputs["policy"]} if outputs.get("policy") else {"ResetPolicy": True}
        if "privateDnsEnabled" in changed:
            params["PrivateDnsEnabled"] = bool(outputs.get("privateDnsEnabled"))
        if params:
            api("ModifyVpcEndpoint", VpcEndpointId=outputs["id"], **params)

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        filters = [
            {"Name": "vpc-id", "Values": [inputs["vpcId"]]},
            {"Name": "service-name", "Values": [inputs["serviceName"]]},
        ]
        found = self.api(scope, inputs)("DescribeVpcEndpoints", Filters=filters)["VpcEndpoints"]
        live = [endpoint for endpoint in found if endpoint["State"].lower() not in ("deleted", "deleting")]
        return self.read(scope, live[0]["VpcEndpointId"], inputs) if live else None

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        item = super().fetch(api, scope, outputs)
        return None if item and item["State"].lower() in ("deleted", "deleting") else item

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if self.fetch(api, scope, outputs):
            api("DeleteVpcEndpoints", VpcEndpointIds=[outputs["id"]])
