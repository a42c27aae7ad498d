"""Ask an asynchronous endpoint: the request is put into the lake, and its answer or failure is found there."""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError
from mlops_iac.core.limits import REQUEST_BYTES
from mlops_iac.runs.calls import calling
from mlops_iac.runs.lake import find_content, upload

REQUESTS: Final = "inference/requests/"
"""Below the curated zone, where the endpoint may read."""

LONGEST: Final = 1200
"""Seconds that an answer is waited for: SageMaker's usual limit of a request, and a start of machines."""

EVERY_EMBEDDED, EVERY_AWS = 0.1, 2.0
"""Seconds between two looks for the answer."""


def ask_and_wait(
    environment: Environment, clients: Clients, given: Mapping[str, str], body: bytes, longest: float = LONGEST
) -> dict[str, Any]:
    """The answer, as InvokeEndpoint gives it. ``given``: the endpoint, the content type and what is accepted.

    Raises RunError with the model's own words when it failed, and when nothing came in time.
    """
    key = f"{environment.lake.zones['curated']}{REQUESTS}{uuid.uuid4()}"
    upload(environment, clients, key, body, ContentType=given["ContentType"])
    with calling("sagemaker:InvokeEndpointAsync", given["EndpointName"]):
        place = f"s3://{environment.lake.bucket}/{key}"
        said = clients("sagemaker-runtime").invoke_endpoint_async(**given, InputLocation=place)
    every = EVERY_EMBEDDED if clients.embedded else EVERY_AWS
    for _ in range(round(longest / every)):
        answer = _find(environment, clients, said["OutputLocation"])
        if answer is not None:
            return {"Body": io.BytesIO(answer), "ContentType": given["Accept"]}
        failure = _find(environment, clients, said.get("FailureLocation", ""))
        if failure is not None:
            raise RunError(
                "Model failed.",
                f"{given['EndpointName']}: {failure.decode('utf-8', 'replace').strip()}",
                hint="send the columns that the model was trained on, or correct inference.py and run the pipeline.",
            )
        time.sleep(every)
    raise RunError(
        "No answer came.",
        f"{given['EndpointName']} has not answered after {longest:g} seconds; the answer will lie at "
        f"{said['OutputLocation']}.",
        hint="look there later, or give the endpoint more instances.",
    )


def _find(environment: Environment, clients: Clients, place: str) -> bytes | None:
    key = place.removeprefix(f"s3://{environment.lake.bucket}/")
    return find_content(environment.lake, clients, key, REQUEST_BYTES["async"]) if place else None
