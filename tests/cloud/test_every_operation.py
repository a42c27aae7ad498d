"""Whatever is asked, the answer is AWS's or NotImplemented: after a crash of moto's, SDKs would ask again."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from mlops_iac.cloud.services import USED

BOTOCORE = botocore.session.Session()
SERVICES = sorted(
    {*USED, "dynamodb", "lambda", "secretsmanager", "sagemaker-featurestore-runtime", "sagemaker-metrics"} - {"ec2"}
)


def least(shape: Any, depth: int = 0) -> Any:
    """The smallest value that botocore takes for a shape: required members only."""
    if shape.type_name == "structure" and getattr(shape, "is_tagged_union", False):
        name, member = next(iter(shape.members.items()))
        return {name: least(member, depth + 1)}
    if shape.type_name == "structure":
        return {name: least(shape.members[name], depth + 1) for name in shape.required_members}
    if shape.type_name == "list":
        return [least(shape.member, depth + 1)] * int(shape.metadata.get("min") or 0)
    if shape.type_name == "map":
        return {}
    if shape.type_name == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "x" * max(1, int(shape.metadata.get("min") or 1))
    if shape.type_name in ("integer", "long", "float", "double"):
        return int(shape.metadata.get("min") or 1)
    return {"boolean": False, "blob": b"x", "timestamp": 1}[shape.type_name]


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_is_answered_by_a_crash(cloud, service) -> None:
    client = cloud.clients()(service)
    model = BOTOCORE.get_service_model(service)
    crashed = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.has_event_stream_output:
            continue
        params = least(operation.input_shape) if operation.input_shape else {}
        try:
            getattr(client, xform_name(name))(**params)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 500:
                crashed[name] = str(error)
        except BotoCoreError as error:
            crashed[name] = f"{type(error).__name__}: {error}"
    assert not crashed
