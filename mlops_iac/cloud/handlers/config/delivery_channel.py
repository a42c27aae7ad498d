"""aws:cfg/deliveryChannel:DeliveryChannel."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class DeliveryChannel(Resource):
    """PutDeliveryChannel makes and changes, DescribeDeliveryChannels, DeleteDeliveryChannel. The bucket's policy, and
    the key's, must let Config write: it is tried with a file. Histories and snapshots are not delivered; topics are
    refused."""

    type = "aws:cfg/deliveryChannel:DeliveryChannel"
    service = "config"
    create_op, read_op = "PutDeliveryChannel", "DescribeDeliveryChannels"
    update_op, delete_op = "PutDeliveryChannel", "DeleteDeliveryChannel"
    wrapped = "DeliveryChannel"
    required = frozenset({"s3BucketName"})
    name_limit, prefix_input = 256, ""
    key = {"DeliveryChannelName": "name"}
    refreshed = {"s3BucketName": "s3BucketName", "s3KeyPrefix": "s3KeyPrefix", "s3KmsKeyArn": "s3KmsKeyArn"}
    upserts = True

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop not in ("snapshotDeliveryProperties", "snsTopicArn") and super().honours(prop)

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        return self._params(self.update_op, inputs)

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("DescribeDeliveryChannels", DeliveryChannelNames=[outputs["name"]])
        return next(iter(answer["DeliveryChannels"]), None) if answer else None
