"""One event, in CloudTrail's record format.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
Left out: access key ids, which are secrets on this cloud. What a service's model calls sensitive is hidden, as on AWS.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mlops_iac.cloud import wire
from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.trail.kinds import is_data, only_reads
from mlops_iac.cloud.wire import Answer, AwsError, Request
from mlops_iac.core.strict_json import NotStrictJson, read_json

VERSION: Final = "1.11"
HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"

Event = dict[str, Any]


def event_of(request: Request, answer: Answer, who: Principal | None, now: datetime) -> Event:
    """What was asked, by whom, and what came of it. The request has a service and an operation."""
    assert request.service
    assert request.operation
    data = is_data(request.service, request.operation)
    reads = only_reads(request.service, request.operation)
    account = who.account if who else ""
    model = _model(request)
    return {
        "eventVersion": VERSION,
        "userIdentity": _identity(who),
        "eventTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source_of(request.service),
        "eventName": request.operation,
        "awsRegion": request.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": request.environ.get("HTTP_USER_AGENT", ""),
        **_error(answer),
        "requestParameters": _parameters(request, model, account),
        "responseElements": None if reads or answer.status >= 400 else _elements(answer, model),
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": reads,
        **({"resources": resources} if (resources := objects_of(request, account)) else {}),
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": account,
        "eventCategory": "Data" if data else "Management",
    }


def source_of(service: str) -> str:
    """``states.amazonaws.com``"""
    from moto.core.utils import get_service_model

    metadata = get_service_model(service).metadata
    return f"{metadata.get('signingName', metadata['endpointPrefix'])}.amazonaws.com"


def objects_of(request: Request, account: str) -> list[dict[str, str]]:
    """The object and the bucket of one of S3's data events."""
    bucket, key = request.uri_params.get("Bucket"), request.uri_params.get("Key")
    if request.service != "s3" or not bucket or not is_data("s3", request.operation or ""):
        return []
    arn = f"arn:{partition_of(request.region)}:s3:::{bucket}"
    owner = {"accountId": account, "type": "AWS::S3::Bucket", "ARN": arn}
    return [{"type": "AWS::S3::Object", "ARN": f"{arn}/{key or ''}"}, owner]


def _identity(who: Principal | None) -> dict[str, Any]:
    if who is None:
        return {"type": "Unknown", "principalId": "", "accountId": ""}
    if who.kind != "role":
        known = {"type": "IAMUser", "principalId": who.name, "arn": who.shown, "accountId": who.account}
        return {**known, "userName": who.federated or who.name}
    issuer = {"type": "Role", "arn": who.arn, "accountId": who.account, "userName": who.name}
    known = {"type": "AssumedRole", "principalId": f"{who.name}:{who.session}", "arn": who.shown}
    return {**known, "accountId": who.account, "sessionContext": {"sessionIssuer": issuer}}


def _error(answer: Answer) -> dict[str, str]:
    """Code and message, as the service's own answer says them."""
    if answer.status < 400 or not isinstance(answer.body, bytes):
        return {}
    code = next((value for name, value in answer.headers if name.lower() == "x-amzn-errortype"), "")
    text = answer.body.decode(errors="replace")
    try:
        told = read_json(text)
        code, message = code or str(told.get("__type", "")), str(told.get("message") or told.get("Message") or "")
    except (NotStrictJson, AttributeError):
        code, message = code or _between(text, "Code"), _between(text, "Message")
    return {"errorCode": code.rpartition("#")[2] or str(answer.status), "errorMessage": message}


def _between(text: str, tag: str) -> str:
    return text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


def _model(request: Request) -> Any:
    from moto.core.utils import get_service_model

    return get_service_model(request.service).operation_model(request.operation)


def _parameters(request: Request, model: Any, account: str) -> Any:
    try:
        call = wire.parse(request, account, with_body=request.service != "s3")
    except AwsError:
        return None
    return _shown(call.params, model.input_shape) or None


def _elements(answer: Answer, model: Any) -> Any:
    """What a service answered in JSON; null where it answers in XML."""
    if not isinstance(answer.body, bytes) or not answer.body.startswith(b"{"):
        return None
    try:
        return _shown(read_json(answer.body), model.output_shape) or None
    except NotStrictJson:
        return None


def _shown(value: Any, shape: Any) -> Any:
    """As CloudTrail writes it: names begin small, times are text, and nothing secret is in it."""
    if shape is not None and shape.metadata.get("sensitive"):
        return HIDDEN
    if isinstance(value, Mapping):
        members = getattr(shape, "members", {}) if shape is not None else {}
        of_map = getattr(shape, "value", None)
        return {
            (f"{name[:1].lower()}{name[1:]}" if members else str(name)): _shown(item, members.get(name, of_map))
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_shown(item, getattr(shape, "member", None)) for item in value]
    if isinstance(value, bytes):
        return HIDDEN
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
