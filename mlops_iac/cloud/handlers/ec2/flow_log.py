"""aws:ec2/flowLog:FlowLog."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.ec2._thing import Ec2Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

TARGETS = {
    "vpcId": "VPC",
    "subnetId": "Subnet",
    "eniId": "NetworkInterface",
    "transitGatewayId": "TransitGateway",
    "transitGatewayAttachmentId": "TransitGatewayAttachment",
}


class FlowLog(Ec2Resource):
    """CreateFlowLogs, DescribeFlowLogs, DeleteFlowLogs; everything but tags replaces. No traffic flows here, so
    nothing is written."""

    type = "aws:ec2/flowLog:FlowLog"
    tag_type, ids_param = "vpc-flow-log", "FlowLogIds"
    create_op, read_op = "CreateFlowLogs", "DescribeFlowLogs"
    renames = {"iamRoleArn": "DeliverLogsPermissionArn", "deliverCrossAccountRole": "DeliverCrossAccountRole"}
    extras = frozenset({"tags", *TARGETS})
    defaults = {"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600}
    references = {"iamRoleArn": "role"}
    replace_on = frozenset(
        {
            *TARGETS,
            "deliverCrossAccountRole",
            "destinationOptions",
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "trafficType",
        }
    )
    read_item = "FlowLogs[0]"
    computed = {"id": "FlowLogIds[0] || FlowLogId"}
    formats = {"arn": "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}"}
    create_calls = 2

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        if sum(key in inputs for key in TARGETS) != 1:
            listed = ", ".join(f"`{key}`" for key in TARGETS)
            raise CloudError(
                "Wrong number of targets.", f"`{self.type}` takes exactly one of {listed}.", resource=self.type
            )

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        target = next(key for key in TARGETS if inputs.get(key))
        where = {"ResourceIds": [inputs[target]], "ResourceType": TARGETS[target]}
        return {**super().create_params(scope, inputs), **where}

    def create(self, scope: Scope, inputs: Props) -> Created:
        """CreateFlowLogs answers 200 with its refusals inside."""
        api = self.api(scope, inputs)
        self._check_references(api, scope, inputs, frozenset(inputs))
        answer = api(self.create_op, **self.create_params(scope, inputs))
        for failure in answer.get("Unsuccessful") or []:
            raise api.refuse(self.create_op, failure["Error"]["Message"], failure["Error"]["Code"])
        return self._created(self._outputs(scope, inputs, answer))

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("DescribeFlowLogs", FlowLogIds=[outputs["id"]])
        return next(iter(answer["FlowLogs"]), None) if answer else None

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        target = next(inputs[key] for key in TARGETS if inputs.get(key))
        answer = self.api(scope, inputs)("DescribeFlowLogs", Filters=[{"Name": "resource-id", "Values": [target]}])
        for log in answer["FlowLogs"]:
            if log.get("LogDestinationType") == inputs["logDestinationType"]:
                return self.read(scope, log["FlowLogId"], inputs)
        return None

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("DeleteFlowLogs", FlowLogIds=[outputs["id"]])
