"""Ask an environment's API as an application would: signed, with a token, or with a key."""

from __future__ import annotations

import http.client
import io
import os
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from mlops_iac.clients import Clients
from mlops_iac.core.api_address import address_of
from mlops_iac.core.environment import Api, Environment
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.api_refusals import TOKEN, Said, explained
from mlops_iac.runs.calls import calling

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of a request's body, a quota of API Gateway's that cannot be raised."""
LONGEST: Final = 35
"""Seconds that an answer is waited for: API Gateway waits 29 for the endpoint."""


def ask_api(
    environment: Environment,
    clients: Clients,
    endpoint: str,
    given: Mapping[str, str],
    body: bytes,
    application: str | None,
) -> dict[str, Any]:
    """The answer, in the form of InvokeEndpoint's. ``given``: its ContentType and Accept.

    Raises UsageError for a wrong or a missing way in, RunError in API Gateway's words with what to do.
    """
    api = get_api(environment, endpoint)
    if len(body) > MOST_BYTES:
        detail = f"It has {len(body):,} bytes; an API takes {MOST_BYTES:,}."
        raise UsageError("Request is too large.", detail, hint="send fewer rows at a time, or ask the endpoint itself.")
    url = address_of(api.url, clients.endpoint)
    headers = {"Content-Type": given["ContentType"], "Accept": given["Accept"]}
    said = _send(url, _with_way(api, clients, url, headers, body, application), body)
    if said.status == 200:
        return {"Body": io.BytesIO(said.body), "ContentType": said.kind}
    raise explained(environment, api, said)


def get_api(environment: Environment, endpoint: str) -> Api:
    """The API before an endpoint, by the endpoint's name in the environment. Raises UsageError."""
    found = environment.apis.get(endpoint)
    if found is None:
        raise UsageError(
            "Environment has no API.",
            f"Nothing stands before {environment.stack}'s endpoint `{endpoint}`.",
            hint="set `api: {auth: iam}` among the options of its stack file and run `up`.",
        )
    return found


def _with_way(
    api: Api, clients: Clients, url: str, headers: dict[str, str], body: bytes, application: str | None
) -> dict[str, str]:
    """The headers with what lets the caller in."""
    if application is not None and api.auth != "api-key":
        detail = f"This API lets in by `{api.auth}`; keys of applications are for `auth: api-key`."
        raise UsageError("No application has a key.", detail, hint="leave --application out.")
    if api.auth == "api-key":
        return {**headers, "x-api-key": _read_key(api, clients, application)}
    if api.auth == "cognito":
        token = os.environ.get(TOKEN, "")
        if not token:
            raise UsageError(
                "A token is missing.",
                f"This API lets in people of the user pool {api.user_pool_id}, by the identity token of their sign-in.",
                hint=f"set {TOKEN} to one: docs/guides/calling-the-endpoint.md says how to get it.",
            )
        return {**headers, "Authorization": token}
    return clients.signed("execute-api", "POST", url, headers, body)


def _read_key(api: Api, clients: Clients, application: str | None) -> str:
    if application is None and len(api.keys) == 1:
        application = next(iter(api.keys))
    if application is None or application not in api.keys:
        said = "No application is named" if application is None else f"No application is called `{application}`"
        hint = did_you_mean(application or "", api.keys) or "say --application NAME."
        raise UsageError("No such application.", f"{said}; the API knows: {', '.join(api.keys)}.", hint=hint)
    with calling("apigateway:GetApiKey", application):
        found = clients("apigateway").get_api_key(apiKey=api.keys[application], includeValue=True)
    return str(found["value"])


def _send(url: str, headers: Mapping[str, str], body: bytes) -> Said:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=LONGEST)
    try:
        connection.request("POST", parts.path, body, dict(headers))
        said = connection.getresponse()
        return Said(said.status, said.getheader("content-type", ""), said.read())
    except OSError as error:
        raise RunError(
            "The API does not answer.", f"{parts.netloc}: {error}.", hint="`mlops-iac status STACK` says what is there."
        ) from error
    finally:
        connection.close()
