"""InvokeEndpointAsync: a request that lies in S3 gets its answer in S3, and who asked does not wait.

The answer is ``<S3OutputPath>/<id>.out``, a failure ``<S3FailurePath>/<id>-error.out``; the model's role reads and
writes them, and tells the topics. Forms: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
Requests wait in this process: those that are not answered when the embedded cloud stops get no answer.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.endpoints.fleet import Fleet, Variant
from mlops_iac.cloud.endpoints.invocation import ModelError, ask, told
from mlops_iac.cloud.endpoints.sagemaker_endpoint import Endpoints
from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import validation
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.jobs.s3_transfer import S3Uri
from mlops_iac.core.limits import REQUEST_BYTES

log = logging.getLogger("mlops_iac.cloud.endpoints")

TIMEOUT: Final = 900
"""Seconds a request may take when it does not say: InvocationTimeoutSeconds."""


def install(endpoints: Endpoints) -> None:
    endpoints.host.gateway.instead("sagemaker-runtime", "InvokeEndpointAsync", lambda call: _accept(endpoints, call))


def _accept(endpoints: Endpoints, call: Call) -> dict[str, Any]:
    validation.check(call)
    if bool(call.params.get("InputLocation")) == bool(call.params.get("Body")):
        raise AwsError("ValidationError", "Exactly one of InputLocation and Body is required.")
    with endpoints.held(call.account_id, call.region, call.params["EndpointName"]) as fleet:
        if not fleet.asynchronous:
            raise AwsError("ValidationError", f"Endpoint {call.params['EndpointName']} is not asynchronous.")
        request = _Request(endpoints, fleet, call)
        fleet.hold()
    threading.Thread(target=request.answer, name="asynchronous", daemon=True).start()
    places = {"OutputLocation": request.output, "FailureLocation": request.failure}
    return {"InferenceId": request.id} | {name: place for name, place in places.items() if place}


class _Request:
    """One request, from its turn to its answer."""

    def __init__(self, endpoints: Endpoints, fleet: Fleet, call: Call) -> None:
        self._endpoints, self._fleet, self._call = endpoints, fleet, call
        self.id: str = call.params.get("InferenceId") or str(uuid.uuid4())
        self._received = now()
        self._config: dict[str, Any] = fleet.config["AsyncInferenceConfig"]["OutputConfig"]
        name = call.params.get("Filename") or f"{uuid.uuid4()}.out"
        inside = (
            f"{call.params['S3OutputPathExtension'].strip('/')}/" if call.params.get("S3OutputPathExtension") else ""
        )
        failures = self._config.get("S3FailurePath")
        self.output = f"{self._config['S3OutputPath'].rstrip('/')}/{inside}{name}"
        self.failure = f"{failures.rstrip('/')}/{inside}{name.removesuffix('.out')}-error.out" if failures else ""

    def answer(self) -> None:
        """Wait for one of the places, ask, write what the model said, and tell. Nothing is raised: nobody listens."""
        variant = self._fleet.choose(None)
        try:
            with self._fleet.places:
                variant.ready()
                clients = self._endpoints.host.acting(variant.role, self._call.region)
                self._answer(variant, clients)
        except Exception as error:
            log.warning("Request %s of %s was not answered: %s", self.id, self._call.params["EndpointName"], error)
        finally:
            self._fleet.release()

    def _answer(self, variant: Variant, clients: Clients) -> None:
        try:
            body = self._read(clients)
            with told(self._endpoints, variant, self._call):
                seconds = self._call.params.get("InvocationTimeoutSeconds", TIMEOUT)
                answered = ask(variant, self._call, body, timeout=seconds)
        except ModelError as error:
            self._write(clients, self.failure, str(error.members["OriginalMessage"]).encode(), "text/plain")
            self._tell(clients, "ErrorTopic", invocationStatus="Failed", failureReason=str(error))
        except clients("s3").exceptions.ClientError as error:
            self._write(clients, self.failure, str(error).encode(), "text/plain")
            self._tell(clients, "ErrorTopic", invocationStatus="Failed", failureReason=f"ClientError: {error}")
        else:
            kind = answered.headers.get("content-type", "application/octet-stream")
            self._write(clients, self.output, answered.body, kind)
            made = {"contentType": kind, "outputLocation": self.output}
            self._tell(clients, "SuccessTopic", invocationStatus="Completed", responseParameters=made)

    def _read(self, clients: Clients) -> bytes:
        if given := self._call.params.get("Body"):
            return given.encode() if isinstance(given, str) else bytes(given)
        place = S3Uri.parse(self._call.params["InputLocation"])
        body: bytes = clients("s3").get_object(Bucket=place.bucket, Key=place.key)["Body"].read(REQUEST_BYTES["async"])
        return body

    def _write(self, clients: Clients, place: str, body: bytes, kind: str) -> None:
        if not place:
            return
        to, key = S3Uri.parse(place), self._config.get("KmsKeyId")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        clients("s3").put_object(Bucket=to.bucket, Key=to.key, Body=body, ContentType=kind, **encryption)

    def _tell(self, clients: Clients, topic: str, **facts: Any) -> None:
        arn = (self._config.get("NotificationConfig") or {}).get(topic)
        if not arn:
            return
        asked = {
            "contentType": self._call.params.get("ContentType", ""),
            "endpointName": self._call.params["EndpointName"],
            "inputLocation": self._call.params.get("InputLocation", ""),
        }
        message = {
            "awsRegion": self._call.region,
            "eventTime": f"{now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "receivedTime": f"{self._received:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "requestParameters": asked,
            "inferenceId": self.id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
            **facts,
        }
        clients("sns").publish(TopicArn=arn, Message=json.dumps(message))
