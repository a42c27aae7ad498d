"""An API's callers: ``http://127.0.0.1:<port>/_aws/execute-api/<api>/<stage>/<path>`` stands for
``https://<api>.execute-api.<region>.amazonaws.com/<stage>/<path>``.

The order in which a request is looked at: address, size, path, who asks, key, rate and quota, endpoint.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_iac.cloud import uploads, wire
from mlops_iac.cloud.apigateway import answers
from mlops_iac.cloud.apigateway.access_log import AccessLog
from mlops_iac.cloud.apigateway.answers import MOST_BYTES, Refused
from mlops_iac.cloud.apigateway.callers import Callers
from mlops_iac.cloud.apigateway.document import Route, find_route
from mlops_iac.cloud.apigateway.integration import Integration
from mlops_iac.cloud.apigateway.records import Key, Records
from mlops_iac.cloud.apigateway.stages import setting_of
from mlops_iac.cloud.apigateway.throttle import Buckets, count
from mlops_iac.cloud.news import News
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import Answer
from mlops_iac.core.api_address import PREFIX

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

USUAL_RATE, USUAL_BURST = 10_000.0, 5_000.0
"""Requests a second, and at once, of an account in a region where nobody says less."""


class Place(NamedTuple):
    """What an address leads to."""

    key: Key
    """Account, region, API."""
    name: str
    """The API's, as its metrics call it."""
    stage: Mapping[str, Any]
    deployment: Mapping[str, Any]
    path: str


def install(gateway: Gateway, records: Records) -> None:
    door = Door(gateway, records)
    gateway.by_path[PREFIX] = door.answer
    gateway.reports["apis"] = lambda: len(records.of("api"))


class Door:
    def __init__(self, gateway: Gateway, records: Records) -> None:
        self._gateway, self._records = gateway, records
        self._callers, self._integration = Callers(gateway), Integration(gateway)
        self._buckets, self._log = Buckets(), AccessLog(gateway, records)
        self._log.install()

    def answer(self, environ: dict[str, Any], account: str) -> Answer:
        started, id = time.monotonic(), str(uuid.uuid4())
        try:
            with self._gateway.locked("apigateway"):
                place = self._find(environ["PATH_INFO"])
        except Refused as refused:
            uploads.discard(environ)
            return refused.answer()
        facts: dict[str, Any] = {"requestId": id, "extendedRequestId": id, "identity.sourceIp": "127.0.0.1"}
        integrated = 0.0
        try:
            self._gateway.check_guest(_as_request(environ, place.key[1]))
            body = _read_body(environ)
            route = self._admit(environ, place, facts)
            integrated = time.monotonic()
            answer = self._integration.ask(route, _headers(environ), body)
        except Refused as refused:
            uploads.discard(environ)
            answer = refused.answer()
            facts |= {"error.message": refused.words, "error.responseType": refused.kind}
        ended = time.monotonic()
        self._tell(environ, place, answer, facts, ended - started, ended - integrated if integrated else None)
        return answer._replace(headers=[*answer.headers, ("x-amzn-RequestId", id)])

    def _find(self, path: str) -> Place:
        """Raises `Refused` for an address that leads nowhere."""
        api, _, rest = path.removeprefix(PREFIX).partition("/")
        name, _, below = rest.partition("/")
        found = self._records.find_api(api)
        stage = self._records.find("stage", (*found[0], name)) if found else None
        if found is None or stage is None:
            raise answers.forbidden()
        deployment = self._records.get("deployment", (*found[0], stage["deploymentId"]))
        if deployment["_api_disableExecuteApiEndpoint"]:
            raise answers.forbidden()
        return Place(found[0], deployment["_api_name"], dict(stage), deployment, f"/{below}")

    def _admit(self, environ: Mapping[str, Any], place: Place, facts: dict[str, Any]) -> Route:
        """What is asked, once it is allowed. Raises `Refused`."""
        method = environ["REQUEST_METHOD"]
        route = find_route(place.deployment["_api__document"], place.path, method)
        if route is None:
            raise answers.unknown_path()
        account, region, api = place.key
        stage = place.stage["stageName"]
        arn = f"arn:{partition_of(region)}:execute-api:{region}:{account}:{api}/{stage}/{method}{place.path}"
        facts |= {"resourcePath": place.path} | self._callers.check(
            environ, route, place.deployment["_api_policy"] or "", arn
        )
        with self._gateway.locked("apigateway"):
            plan, key = self._plan(environ, place) if route.needs_key else ({}, "")
            self._throttle(place, route, plan, key)
        facts |= {"identity.apiKeyId": key} if key else {}
        return route

    def _plan(self, environ: Mapping[str, Any], place: Place) -> tuple[Mapping[str, Any], str]:
        """The usage plan that lets a key ask this stage, and the key's id. Raises `Refused`: AWS tells no difference
        between no key, one that is switched off, and one of another API."""
        value = str(environ.get("HTTP_X_API_KEY", ""))
        account, region, api = place.key
        wanted = {"apiId": api, "stage": place.stage["stageName"]}
        for _, key in self._records.under("key", account, region):
            if value and key["value"] == value and key["enabled"]:
                for at, plan in self._records.under("plan", account, region):
                    listed = any({name: one[name] for name in wanted} == wanted for one in plan["apiStages"])
                    if listed and self._records.find("plan-key", (*at, key["id"])):
                        return plan, key["id"]
        raise answers.forbidden()

    def _throttle(self, place: Place, route: Route, plan: Mapping[str, Any], key: str) -> None:
        """Raises `Refused`. A request that is throttled uses nothing of a quota."""
        limit = plan.get("throttle") or {}
        if limit and not self._buckets.take(("plan", plan["id"], key), limit["rateLimit"], limit["burstLimit"]):
            raise answers.too_many()
        set = setting_of(dict(place.stage), route.path, route.method.upper())
        rate, burst = set.get("throttlingRateLimit", -1), set.get("throttlingBurstLimit", -1)
        name = (*place.key, place.stage["stageName"], route.path, route.method)
        if not self._buckets.take(name, USUAL_RATE if rate < 0 else rate, USUAL_BURST if burst < 0 else burst):
            raise answers.too_many()
        if plan and not count(self._records, plan, key):
            raise answers.quota_used()

    def _tell(
        self, environ: Mapping[str, Any], place: Place, answer: Answer, facts: Mapping[str, Any], took: float,
        integrated: float | None,
    ) -> None:  # fmt: skip
        """The access log, and those who publish metrics."""
        account, region, api = place.key
        said = {
            **facts,
            "apiId": api,
            "httpMethod": environ["REQUEST_METHOD"],
            "integrationLatency": round(integrated * 1000) if integrated is not None else "-",
            "path": f"/{place.stage['stageName']}{place.path}",
            "protocol": environ.get("SERVER_PROTOCOL", "-"),
            "requestTime": datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "responseLatency": round(took * 1000),
            "responseLength": len(answer.body),
            "stage": place.stage["stageName"],
            "status": answer.status,
        }
        with self._gateway.locked("apigateway"):
            self._log.note((account, region), api, place.stage, said)
        told = {"ApiName": place.name, "Stage": place.stage["stageName"], "status": answer.status, "seconds": took}
        told |= {"integration_seconds": integrated}
        self._gateway.tell_news(News(kind="api-request", account_id=account, region=region, facts=told))
        self._gateway.touch()


def _read_body(environ: dict[str, Any]) -> bytes:
    if int(environ.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise answers.too_large()
    body = wire.read_body(environ)
    if len(body) > MOST_BYTES:
        raise answers.too_large()
    return body


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """By name in lower case."""
    found = {
        name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    return found | ({"content-type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {})


def _as_request(environ: dict[str, Any], region: str) -> wire.Request:
    """The request as the gate of a job's network sees it."""
    return wire.Request(
        environ=environ, body=b"", service="execute-api", region=region, operation="Invoke", uri_params={}
    )
