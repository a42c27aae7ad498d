"""InvokeEndpointAsync: a request that lies in S3 gets its answer in S3, and who asked does not wait.

The answer is ``<S3OutputPath>/<id>.out``, a failure ``<S3FailurePath>/<id>-error.out``; the model's role reads and
writes them, and tells the topics. Forms: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
A request is kept until it is answered, so that it outlives a restart of the cloud; an endpoint without instances keeps
it waiting until it has some.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.endpoints.fleet import Fleet, Variant
from mlops_iac.cloud.endpoints.invocation import ModelError, ask, told
from mlops_iac.cloud.endpoints.sagemaker_endpoint import Endpoints
from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import validation
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.s3_transfer import S3Uri
from mlops_iac.core.limits import REQUEST_BYTES

log = logging.getLogger("mlops_iac.cloud.endpoints")

TIMEOUT: Final = 900
"""Seconds a request may take when it does not say: InvocationTimeoutSeconds."""
EXPIRES: Final = 6 * 3600
"""Seconds of the cloud's clock that a request waits when it does not say: RequestTTLSeconds."""
LOOK_EVERY: Final = 5.0
"""Seconds after which one that waits looks whether its endpoint is another by now, or is gone."""
KIND: Final = "asynchronous-request"
_KEPT: Final = ("EndpointName", "ContentType", "Accept", "CustomAttributes", "InputLocation", "Body")
_TIMES: Final = ("InvocationTimeoutSeconds", "RequestTTLSeconds")


def install(endpoints: Endpoints) -> None:
    gateway = endpoints.host.gateway
    gateway.instead("sagemaker-runtime", "InvokeEndpointAsync", lambda call: _accept(endpoints, call))
    gateway.on_start(lambda: threading.Thread(target=_resume, args=(endpoints,), daemon=True).start())


def _accept(endpoints: Endpoints, call: Call) -> dict[str, Any]:
    validation.check(call)
    if bool(call.params.get("InputLocation")) == bool(call.params.get("Body")):
        raise AwsError("ValidationError", "Exactly one of InputLocation and Body is required.")
    with endpoints.held(call.account_id, call.region, call.params["EndpointName"]) as fleet:
        if not fleet.asynchronous:
            raise AwsError("ValidationError", f"Endpoint {call.params['EndpointName']} is not asynchronous.")
        record = _record(fleet, call)
    key = (KIND, call.account_id, call.region, f"{call.params['EndpointName']}/{uuid.uuid4()}")
    endpoints.host.records.add(key, record)
    _Request(endpoints, key, record).begin()
    places = {"OutputLocation": record["output"], "FailureLocation": record["failure"]}
    return {"InferenceId": record["id"]} | {name: place for name, place in places.items() if place}


def _resume(endpoints: Endpoints) -> None:
    """Go on with what was waiting when the cloud stopped."""
    endpoints.host.gateway.ready.wait()
    for key, record in list(endpoints.host.records.each(KIND)):
        _Request(endpoints, key, record).begin()


def _record(fleet: Fleet, call: Call) -> dict[str, Any]:
    """What is kept of a request: plain data."""
    config: dict[str, Any] = fleet.config["AsyncInferenceConfig"]["OutputConfig"]
    name = call.params.get("Filename") or f"{uuid.uuid4()}.out"
    extension = call.params.get("S3OutputPathExtension")
    inside = f"{extension.strip('/')}/" if extension else ""
    failures = config.get("S3FailurePath")
    return {
        "id": call.params.get("InferenceId") or str(uuid.uuid4()),
        "received": now(),
        "params": {each: call.params[each] for each in (*_KEPT, *_TIMES) if each in call.params},
        "config": config,
        "output": f"{config['S3OutputPath'].rstrip('/')}/{inside}{name}",
        "failure": f"{failures.rstrip('/')}/{inside}{name.removesuffix('.out')}-error.out" if failures else "",
    }


class _Expired(Exception):
    """It waited longer than it may."""


class _Request:
    """One request, from its turn to its answer."""

    def __init__(self, endpoints: Endpoints, key: Key, record: dict[str, Any]) -> None:
        self._endpoints, self._key, self._config = endpoints, key, record["config"]
        self._received: datetime = record["received"]
        self.id, self.output, self.failure = record["id"], record["output"], record["failure"]
        self._call = Call(
            service="sagemaker-runtime",
            operation="InvokeEndpointAsync",
            params=record["params"],
            account_id=key[1],
            region=key[2],
        )

    def begin(self) -> None:
        threading.Thread(target=self.answer, name="asynchronous", daemon=True).start()

    def answer(self) -> None:
        """Wait for a place, ask, write what the model said, and tell. Nothing is raised: nobody listens."""
        name = self._call.params["EndpointName"]
        try:
            while not self._endpoints.stopped and not self._try():
                pass
        except AwsError:
            log.warning("Request %s of %s was not answered: the endpoint is gone.", self.id, name)
        except Exception as error:
            log.warning("Request %s of %s was not answered: %s", self.id, name, error)
        if not self._endpoints.stopped:
            self._endpoints.host.records.remove(self._key)

    def _try(self) -> bool:
        """Whether it was this request's turn; it is looked for anew at what serves by then."""
        with self._endpoints.held(self._key[1], self._key[2], self._call.params["EndpointName"]) as fleet:
            if not fleet.places.take(LOOK_EVERY):
                return False
            try:
                variant = fleet.choose(None)
                variant.ready()
                self._answer(variant, self._endpoints.host.acting(variant.role, self._call.region))
            finally:
                fleet.places.give()
        return True

    def _answer(self, variant: Variant, clients: Clients) -> None:
        try:
            self._check_age()
            body = self._read(clients)
            with told(self._endpoints, variant, self._call):
                seconds = self._call.params.get("InvocationTimeoutSeconds", TIMEOUT)
                answered = ask(variant, self._call, body, timeout=seconds)
        except ModelError as error:
            self._write(clients, self.failure, str(error.members["OriginalMessage"]).encode(), "text/plain")
            self._tell(clients, "ErrorTopic", invocationStatus="Failed", failureReason=str(error))
        except _Expired as error:
            self._write(clients, self.failure, str(error).encode(), "text/plain")
            self._tell(clients, "ErrorTopic", invocationStatus="Expired", failureReason=str(error))
        except clients("s3").exceptions.ClientError as error:
            self._write(clients, self.failure, str(error).encode(), "text/plain")
            self._tell(clients, "ErrorTopic", invocationStatus="Failed", failureReason=f"ClientError: {error}")
        else:
            kind = answered.headers.get("content-type", "application/octet-stream")
            self._write(clients, self.output, answered.body, kind)
            made = {"contentType": kind, "outputLocation": self.output}
            self._tell(clients, "SuccessTopic", invocationStatus="Completed", responseParameters=made)

    def _check_age(self) -> None:
        if now() > self._received + timedelta(seconds=self._call.params.get("RequestTTLSeconds", EXPIRES)):
            raise _Expired("The request expired before it could be processed.")

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
