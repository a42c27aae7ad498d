"""aws:efs/mountTarget:MountTarget."""

from __future__ import annotations

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class MountTarget(Resource):
    """CreateMountTarget, DescribeMountTargets, ModifyMountTargetSecurityGroups, DeleteMountTarget: one in each zone. A
    read refreshes its security groups."""

    type = "aws:efs/mountTarget:MountTarget"
    service = "efs"
    create_op, read_op, delete_op = "CreateMountTarget", "DescribeMountTargets", "DeleteMountTarget"
    references = {"securityGroups": "security group", "subnetId": "subnet"}
    required = frozenset({"fileSystemId", "subnetId"})
    name_input, prefix_input = "", ""
    identity = ("fileSystemId", "subnetId")
    replace_on = frozenset({"ipAddress", "ipAddressType", "ipv6Address"})
    id_from = "id"
    key = {"MountTargetId": "id"}
    read_item = "MountTargets[0]"
    computed = {
        "id": "MountTargetId",
        "availabilityZoneId": "AvailabilityZoneId",
        "availabilityZoneName": "AvailabilityZoneName",
        "ipAddress": "IpAddress",
        "networkInterfaceId": "NetworkInterfaceId",
        "ownerId": "OwnerId",
    }
    formats = {
        "dnsName": "{fileSystemId}.efs.{region}.amazonaws.com",
        "fileSystemArn": "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{fileSystemId}",
    }

    create_calls = 3

    def finish(self, api: Api, scope: Scope, outputs: dict[str, object]) -> None:
        outputs["mountTargetDnsName"] = "{availabilityZoneName}.{dnsName}".format(**outputs)

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        answer = self.api(scope, inputs).maybe(self.read_op, FileSystemId=inputs["fileSystemId"]) or {}
        here = [one for one in answer.get("MountTargets", ()) if one["SubnetId"] == inputs["subnetId"]]
        return self.read(scope, here[0]["MountTargetId"], inputs) if here else None

    def refresh(self, api: Api, scope: Scope, item: object, outputs: dict[str, object]) -> None:
        found = api("DescribeMountTargetSecurityGroups", MountTargetId=outputs["id"]).get("SecurityGroups")
        if found and "securityGroups" in outputs:
            outputs["securityGroups"] = found
        outputs["mountTargetDnsName"] = "{availabilityZoneName}.{dnsName}".format(**outputs)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, object]) -> None:
        if "securityGroups" in changed:
            groups = outputs.get("securityGroups") or []
            api("ModifyMountTargetSecurityGroups", MountTargetId=outputs["id"], SecurityGroups=groups)
