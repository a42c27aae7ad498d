"""Ask an environment's endpoint for predictions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.logs import read_endpoint_tail

JSON = "application/json"
CSV = "text/csv"

LARGEST = {"serverless": 4 * 1024 * 1024, "realtime": 25 * 1024 * 1024}
"""Bytes of one request. https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-model-options.html"""


@dataclass(frozen=True)
class Prediction:
    endpoint: str
    variant: str
    value: Any
    """The answer: parsed when it is JSON, else text."""


def predict(environment: Environment, clients: Clients, body: bytes, content_type: str = JSON) -> Prediction:
    """Send one request. Raises RunError for a missing model, a wrong payload, and a model that raised."""
    endpoint = get_endpoint(environment)
    check_payload(body, content_type, endpoint)
    check_endpoint(clients, environment, endpoint)
    try:
        with calling("sagemaker:InvokeEndpoint", endpoint.name):
            answer = clients("sagemaker-runtime").invoke_endpoint(
                EndpointName=endpoint.name, ContentType=content_type, Accept=JSON, Body=body
            )
    except CloudError as error:
        if error.code in ("ModelError", "ModelErrorException"):
            raise model_failed(clients, endpoint, error) from error
        raise
    return Prediction(endpoint.name, answer.get("InvokedProductionVariant", ""), parse_answer(answer))


def get_endpoint(environment: Environment) -> Endpoint:
    if environment.endpoint is None:
        raise RunError(
            "Environment has no endpoint.",
            f"{environment.stack} does not serve predictions.",
            hint="set `serving` in its stack file and run `up`.",
        )
    return environment.endpoint


def check_payload(body: bytes, content_type: str, endpoint: Endpoint) -> None:
    """What can be seen here need not be found out there."""
    limit = LARGEST.get(endpoint.flavour, LARGEST["serverless"])
    if len(body) > limit:
        raise RunError(
            "Request is too large.",
            f"It has {len(body):,} bytes; a {endpoint.flavour} endpoint takes {limit:,}.",
            hint="send fewer rows at a time.",
        )
    if not body.strip():
        raise RunError("Request is empty.", "There is nothing to predict.", hint="give rows as JSON or CSV.")
    if content_type == JSON:
        try:
            json.loads(body)
        except ValueError as error:
            raise RunError(
                "Request is not JSON.", f"{error}.", hint="CSV files need a name that ends in .csv, or --content-type."
            ) from error


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


def model_failed(clients: Clients, endpoint: Endpoint, error: CloudError) -> RunError:
    """The model raised: what it said, and the end of its log."""
    tail = "\n".join(line.text for line in read_endpoint_tail(clients, endpoint.name))
    return RunError(
        "Model failed.",
        f"{error.detail}" + (f"\nThe end of its log:\n{tail}" if tail else ""),
        hint="send the columns that the model was trained on, or correct inference.py and run the pipeline.",
    )


def parse_answer(answer: Any) -> Any:
    text = answer["Body"].read().decode("utf-8", "replace")
    if answer.get("ContentType", "").startswith(JSON):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def content_type_of(file: Path) -> str:
    """By the file's name: ``.csv`` is CSV, ``.json`` is JSON. Raises UsageError for others."""
    kinds = {".csv": CSV, ".json": JSON}
    if file.suffix.lower() not in kinds:
        raise UsageError(
            "Content type is not known.",
            f"`{file.name}` is neither .json nor .csv.",
            hint=f"say --content-type {JSON} or --content-type {CSV}.",
        )
    return kinds[file.suffix.lower()]
