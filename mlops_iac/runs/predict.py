"""Ask an environment's endpoint for predictions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.core.limits import REQUEST_BYTES
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.asynchronous import ask_and_wait
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.logs import read_endpoint_tail, tail_words, text_lines
from mlops_iac.runs.through_api import ask_api

JSON = "application/json"
CSV = "text/csv"


@dataclass(frozen=True)
class Prediction:
    endpoint: str
    variant: str
    value: Any
    """The answer: parsed when it is JSON, text when it is text, else bytes."""
    content_type: str = JSON


def predict(
    environment: Environment,
    clients: Clients,
    body: bytes,
    content_type: str = JSON,
    *,
    accept: str = JSON,
    endpoint: str | None = None,
    inference_id: str | None = None,
    source: str = "",
    through_api: bool = False,
    application: str | None = None,
) -> Prediction:
    """Send one request, as it is; to an asynchronous endpoint through the lake, and wait for the answer.

    ``through_api`` asks the API before the endpoint, as applications do, with the key of ``application`` where keys let
    in.

    ``content_type`` and ``accept`` are what the team's inference.py gets; the default one reads and writes JSON and
    CSV. ``endpoint`` is a name of the environment's, needed where it has several; ``inference_id`` is kept with what is
    captured, to be joined with what becomes known later; ``source`` is where the request comes from, for messages.

    Raises UsageError for a wrong payload, RunError for a missing model and a model that raised.
    """
    asked = get_endpoint(environment, endpoint)
    if through_api:
        name = next(name for name, one in environment.endpoints.items() if one is asked)
        answer = ask_api(environment, clients, name, {"ContentType": content_type, "Accept": accept}, body, application)
        return Prediction(asked.name, "", parse_answer(answer), answer["ContentType"])
    check_payload(body, content_type, asked, source)
    check_endpoint(clients, environment, asked)
    since = datetime.now(UTC)
    given = {"EndpointName": asked.name, "ContentType": content_type, "Accept": accept}
    given |= {"InferenceId": inference_id} if inference_id else {}
    try:
        if asked.flavour == "async":
            answer = ask_and_wait(environment, clients, given, body)
        else:
            with calling("sagemaker:InvokeEndpoint", asked.name):
                answer = clients("sagemaker-runtime").invoke_endpoint(**given, Body=body)
    except CloudError as error:
        if error.code in ("ModelError", "ModelErrorException"):
            raise model_failed(clients, asked, since, error) from error
        raise
    kind = answer.get("ContentType", "")
    return Prediction(asked.name, answer.get("InvokedProductionVariant", ""), parse_answer(answer), kind)


def get_endpoint(environment: Environment, name: str | None = None) -> Endpoint:
    """The endpoint of this name; the only one when none is named. Raises RunError, UsageError."""
    endpoints, stack = environment.endpoints, environment.stack
    if not endpoints:
        detail, hint = f"{stack} does not serve predictions.", "set `serving` in its stack file and run `up`."
        raise RunError("Environment has no endpoint.", detail, hint=hint)
    if name is None and len(endpoints) == 1:
        return next(iter(endpoints.values()))
    if name is None or name not in endpoints:
        said = "No endpoint is named" if name is None else f"There is no endpoint `{name}`"
        detail = f"{said}; {stack} has: {', '.join(endpoints)}."
        raise UsageError("No such endpoint.", detail, hint=did_you_mean(name or "", endpoints))
    return endpoints[name]


def check_payload(body: bytes, content_type: str, endpoint: Endpoint, source: str) -> None:
    """What can be seen here need not be found out there. Raises UsageError that names ``source``."""
    limit = REQUEST_BYTES.get(endpoint.flavour, REQUEST_BYTES["serverless"])
    if len(body) > limit:
        raise UsageError(
            "Request is too large.",
            f"It has {len(body):,} bytes; a {endpoint.flavour} endpoint takes {limit:,}.",
            hint="send fewer rows at a time.",
            file=source,
        )
    if not (body.strip() if kind_of(content_type) in (JSON, CSV) else body):
        raise UsageError("Request is empty.", "There is nothing to predict.", hint="give rows in it.", file=source)
    kind = kind_of(content_type)
    if kind not in (JSON, CSV):
        return  # the team's own inference.py may take anything
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"Byte {error.start} is 0x{body[error.start]:02x}, which is not UTF-8."
        line = body.count(b"\n", 0, error.start) + 1
        raise UsageError("Request is not text.", detail, hint="save it as UTF-8.", file=source, line=line) from error
    if kind == JSON:
        check_json(text, source)


def check_json(text: str, source: str) -> None:
    try:
        read_json(text)
    except NotStrictJson as error:
        hint = "a CSV file needs a name that ends in .csv, or --content-type; a missing value is null in JSON."
        raise UsageError("Request is not JSON.", f"{error}.", hint=hint, file=source, line=error.line or 0) from error


def check_endpoint(clients: Clients, environment: Environment, endpoint: Endpoint) -> None:
    """Raises RunError that says what to do when it does not serve yet."""
    try:
        with calling("sagemaker:DescribeEndpoint", endpoint.name):
            described = clients("sagemaker").describe_endpoint(EndpointName=endpoint.name)
    except CloudError as error:
        if not is_missing(error):
            raise
        pipeline = next(iter(environment.pipelines), "training")
        raise RunError(
            "Endpoint has no model yet.",
            f"`{endpoint.name}` is made by the first run that passes its gate.",
            hint=f"`mlops-iac run {environment.stack} {pipeline} --follow`",
        ) from error
    status = described["EndpointStatus"]
    if status not in ("InService", "Updating", "SystemUpdating", "RollingBack"):
        reason = described.get("FailureReason", "")
        raise RunError(
            "Endpoint does not serve.",
            f"`{endpoint.name}` is {status}" + (f": {reason}" if reason else "."),
            hint="wait a moment and ask again." if status == "Creating" else "a new run replaces it.",
        )


def model_failed(clients: Clients, endpoint: Endpoint, since: datetime, error: CloudError) -> RunError:
    """The model raised: what it said, and what it wrote meanwhile."""
    said = re.search(r'with message "(.*)"\. See /aws/sagemaker', error.detail, re.DOTALL)
    tail = tail_words("its log", text_lines(read_endpoint_tail(clients, endpoint.name, since=since)))
    return RunError(
        "Model failed.",
        f"{endpoint.name}: {said[1] if said else error.detail}{tail}",
        hint="send the columns that the model was trained on, or correct inference.py and run the pipeline.",
    )


def parse_answer(answer: Any) -> Any:
    body, kind = answer["Body"].read(), kind_of(answer.get("ContentType", ""))
    if kind != JSON and not kind.startswith("text/"):
        return body
    text = body.decode("utf-8", "replace")
    if kind == JSON:
        try:
            return read_json(text)
        except NotStrictJson:
            return text
    return text


def kind_of(content_type: str) -> str:
    """``text/csv; header=present`` is ``text/csv``."""
    return content_type.split(";")[0].strip().lower()


def say_header(content_type: str, header: bool | None) -> str:
    """The content type of a CSV whose first line is, or is not, its columns' names (RFC 4180, section 3)."""
    if header is None:
        return content_type
    if kind_of(content_type) != CSV:
        hint = "leave --header and --no-header out, or say --content-type text/csv."
        raise UsageError("Header belongs to CSV.", f"The request is {content_type}.", hint=hint)
    return f"{content_type}; header={'present' if header else 'absent'}"


def content_type_of(file: Path) -> str:
    """By the file's name: ``.csv`` is CSV, ``.json`` is JSON. Raises UsageError for others."""
    kinds = {".csv": CSV, ".json": JSON}
    if file.suffix.lower() not in kinds:
        raise UsageError(
            "Content type is not known.",
            f"`{file.name}` is neither .json nor .csv.",
            hint=f"say --content-type: {JSON}, {CSV}, or what inference.py reads, such as image/png.",
        )
    return kinds[file.suffix.lower()]
