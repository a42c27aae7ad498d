"""Data capture: what an endpoint is asked, and what it answers, becomes lines in S3.

Places and lines: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html. SageMaker
gathers lines for a while before it writes a file; here each request is an object at once, so that what was answered has
been kept. A capture that fails, for want of rights say, fails no request: the log says so.
"""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mlops_iac.cloud.endpoints.fleet import Fleet, Variant
from mlops_iac.cloud.gateway import Call
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.jobs.s3_transfer import S3Uri

log = logging.getLogger("mlops_iac.cloud.endpoints")

_CUSTOM: Final = "CustomAttributes"


def summary(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """DataCaptureConfigSummary, of an endpoint configuration's DataCaptureConfig; None where it has none."""
    asked = config.get("DataCaptureConfig")
    if not asked:
        return None
    on = asked.get("EnableCapture", True)
    return {
        "EnableCapture": on,
        "CaptureStatus": "Started" if on else "Stopped",
        "CurrentSamplingPercentage": asked["InitialSamplingPercentage"],
        "DestinationS3Uri": asked["DestinationS3Uri"],
        "KmsKeyId": asked.get("KmsKeyId", ""),
    }


def capture(host: Host, fleet: Fleet, variant: Variant, call: Call, asked: bytes, answer: Mapping[str, Any]) -> None:
    """Keep a request that was answered, when its turn has come."""
    config = fleet.config.get("DataCaptureConfig") or {}
    if not config or not config.get("EnableCapture", True):
        return
    percent = config["InitialSamplingPercentage"]
    if fleet.captured.next((100 - percent, percent)) == 0:
        return
    moment, event = now(), str(uuid.uuid4())
    line = json.dumps(_line(config, call, asked, answer, moment, event), separators=(",", ":")) + "\n"
    folder = f"{call.params['EndpointName']}/{variant.name}/{moment:%Y/%m/%d/%H}"
    to = S3Uri.parse(config["DestinationS3Uri"]) / f"{folder}/{moment:%M-%S-%f}-{event}.jsonl"
    encryption = (
        {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": config["KmsKeyId"]} if config.get("KmsKeyId") else {}
    )
    s3 = host.acting(variant.role, call.region)("s3")
    try:
        s3.put_object(Bucket=to.bucket, Key=to.key, Body=line.encode(), **encryption)
    except Exception as error:
        log.warning("A request of %s was not captured: %s", call.params["EndpointName"], error)


def _line(
    config: Mapping[str, Any], call: Call, asked: bytes, answer: Mapping[str, Any], moment: datetime, event: str
) -> dict[str, Any]:
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    captured = {}
    if modes & {"Input", "InputAndOutput"}:
        captured["endpointInput"] = _data(config, "INPUT", call.params.get("ContentType", ""), asked)
    if modes & {"Output", "InputAndOutput"}:
        captured["endpointOutput"] = _data(config, "OUTPUT", answer["ContentType"], answer["Body"])
    given = call.params.get("InferenceId")
    custom = {"customAttributes": [call.params[_CUSTOM]]} if call.params.get(_CUSTOM) else {}
    about = {
        **custom,
        "eventId": event,
        **({"inferenceId": given} if given else {}),
        "inferenceTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
    }
    return {"captureData": captured, "eventMetadata": about, "eventVersion": "0"}


def _data(config: Mapping[str, Any], mode: str, content_type: str, body: bytes) -> dict[str, str]:
    """Content types that the configuration names are kept as they are, others in base64."""
    named = config.get("CaptureContentTypeHeader") or {}
    kind = content_type.split(";")[0].strip().lower()
    found = {"observedContentType": content_type, "mode": mode}
    for encoding, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
        if kind in named.get(member, ()):
            try:
                return {**found, "data": body.decode(), "encoding": encoding}
            except UnicodeDecodeError:
                break
    return {**found, "data": base64.b64encode(body).decode(), "encoding": "BASE64"}
