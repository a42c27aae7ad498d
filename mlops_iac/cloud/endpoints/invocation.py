"""InvokeEndpoint: one request to a model, with SageMaker's limits and errors."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

from mlops_iac.cloud.endpoints.capture import capture
from mlops_iac.cloud.endpoints.fleet import Fleet, Variant
from mlops_iac.cloud.endpoints.sagemaker_endpoint import Endpoints
from mlops_iac.cloud.endpoints.serving import INVOCATION_TIMEOUT, InvocationTimedOut, Response
from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.news import News
from mlops_iac.core.limits import REQUEST_BYTES

_CUSTOM = "x-amzn-sagemaker-custom-attributes"


class ModelError(AwsError):
    """The model answered with an error; ``members`` are the error's own members in AWS's model."""

    def __init__(self, variant: str, status: int, message: str, group: str, call: Call) -> None:
        name = call.params["EndpointName"]
        side = "client" if 400 <= status < 500 else "server"
        super().__init__(
            "ModelError",
            f'Received {side} error ({status}) from {variant} with message "{message}". '
            f"See {group} in account {call.account_id} for more information: `{name}`.",
            424,
        )
        self.members: dict[str, Any] = {
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": call.arn("logs", f"log-group:{group}"),
        }


def install(endpoints: Endpoints) -> None:
    def invoke(call: Call) -> dict[str, Any]:
        return _invoke(endpoints, call)

    endpoints.host.gateway.instead("sagemaker-runtime", "InvokeEndpoint", invoke)


def _invoke(endpoints: Endpoints, call: Call) -> dict[str, Any]:
    with endpoints.held(call.account_id, call.region, call.params["EndpointName"]) as fleet:
        if fleet.asynchronous:
            name = call.params["EndpointName"]
            raise AwsError("ValidationError", f"Endpoint {name} is asynchronous: use InvokeEndpointAsync.")
        variant = fleet.choose(call.params.get("TargetVariant"))
        for shadow in fleet.choose_shadows():
            fleet.hold()
            threading.Thread(target=_copy, args=(endpoints, fleet, shadow, call), name="shadow", daemon=True).start()
        with told(endpoints, variant, call):
            answer = _invoke_variant(variant, call)
        capture(endpoints.host, fleet, variant, call, _body(call), answer)
    return answer


def _copy(endpoints: Endpoints, fleet: Fleet, shadow: Variant, call: Call) -> None:
    """A shadow answers to nobody: metrics and its log tell how it went."""
    try:
        with contextlib.suppress(AwsError):
            with told(endpoints, shadow, call):
                answer = _invoke_variant(shadow, call)
            capture(endpoints.host, fleet, shadow, call, _body(call), answer)
    finally:
        fleet.release()


@contextlib.contextmanager
def told(endpoints: Endpoints, variant: Variant, call: Call) -> Iterator[None]:
    """Let those who publish metrics know of the request: how it ended, and how long it took."""
    started, status = time.monotonic(), 200
    try:
        yield
    except ModelError as error:
        status = error.members["OriginalStatusCode"] or 500  # 0 is a model that did not answer in time
        raise
    except AwsError as error:
        status = error.status
        raise
    finally:
        took = time.monotonic() - started
        facts = {"EndpointName": call.params["EndpointName"], "VariantName": variant.name, "status": status}
        facts["instances"] = 0 if variant.serverless else variant.instances
        if variant.serverless:  # this request is over: it counts with those that go on
            facts |= {"busy": variant.busy + (status != 429), "awake": variant.awake}
            facts["most"] = variant.serverless["MaxConcurrency"]
        times = {"seconds": took, "model_seconds": took if status != 429 else None}
        news = News(kind="invocation", account_id=call.account_id, region=call.region, facts=facts | times)
        endpoints.host.gateway.tell_news(news)


def _invoke_variant(variant: Variant, call: Call) -> dict[str, Any]:
    body = _body(call)
    limit = REQUEST_BYTES["serverless"] if variant.serverless else REQUEST_BYTES["realtime"]
    if len(body) > limit:
        raise AwsError("ValidationError", f"The request has {len(body)} bytes; this endpoint takes {limit}.", 413)
    if not variant.claim():
        raise AwsError("ThrottlingException", "Rate exceeded: all of the variant's MaxConcurrency is in use.", 429)
    try:
        answer = ask(variant, call, body)
    finally:
        variant.release()
    if len(answer.body) > limit:
        raise _model_error(variant, call, 500, f"The answer has {len(answer.body)} bytes; this endpoint gives {limit}.")
    found = {
        "Body": answer.body,
        "ContentType": answer.headers.get("content-type", "application/octet-stream"),
        "InvokedProductionVariant": variant.name,
    }
    return found | ({"CustomAttributes": answer.headers[_CUSTOM]} if _CUSTOM in answer.headers else {})


def _body(call: Call) -> bytes:
    body = call.params.get("Body") or b""
    return body.encode() if isinstance(body, str) else bytes(body)


def ask(variant: Variant, call: Call, body: bytes, timeout: float = INVOCATION_TIMEOUT) -> Response:
    """The model's answer; raises ModelError."""
    try:
        with variant.taken() as serving:
            answer = serving.invoke(body, _headers(call.params), timeout)
    except JobFailed as failure:
        raise _model_error(variant, call, 500, failure.reason) from failure
    except InvocationTimedOut as error:
        message = f"Your invocation timed out while waiting for a response from container {variant.name}."
        raise _model_error(variant, call, 0, message) from error
    except OSError as error:
        raise _model_error(variant, call, 500, "The model's process ended while it answered.") from error
    if answer.status >= 400:
        raise _model_error(variant, call, answer.status, answer.body.decode("utf-8", "replace")[:4096])
    return answer


def _headers(asked: dict[str, Any]) -> dict[str, str]:
    named = {
        "Content-Type": asked.get("ContentType"),
        "Accept": asked.get("Accept"),
        "X-Amzn-SageMaker-Custom-Attributes": asked.get("CustomAttributes"),
        "X-Amzn-SageMaker-Target-Model": asked.get("TargetModel"),
        "X-Amzn-SageMaker-Inference-Id": asked.get("InferenceId"),
    }
    return {name: value for name, value in named.items() if value}


def _model_error(variant: Variant, call: Call, status: int, message: str) -> ModelError:
    return ModelError(variant.name, status, message, f"/aws/sagemaker/Endpoints/{call.params['EndpointName']}", call)
