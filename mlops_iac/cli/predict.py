"""``mlops-iac predict``."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument


class Through(StrEnum):
    ENDPOINT = "endpoint"
    API = "api"


def predict(
    stack: StackArgument,
    data: Annotated[
        str,
        typer.Option(
            "--data", "-d", help="A file of rows: .json, .csv, or any with --content-type; - is standard input."
        ),
    ],
    content_type: Annotated[
        str | None,
        typer.Option(
            "--content-type",
            help="What the request is, when the file's name does not say: application/json, text/csv, image/png.",
        ),
    ] = None,
    accept: Annotated[
        str,
        typer.Option("--accept", help="What to answer with: application/json, text/csv, or what inference.py writes."),
    ] = "application/json",
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header", help="Whether a CSV starts with its columns' names. Left out: it is guessed."
        ),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="Which endpoint, where the environment has several.")
    ] = None,
    inference_id: Annotated[
        str | None,
        typer.Option(
            "--inference-id",
            metavar="ID",
            help="Kept with what the endpoint captures; by it the truth is joined later. Left out: none.",
        ),
    ] = None,
    through: Annotated[
        Through,
        typer.Option("--through", help="Ask the endpoint itself, or the API before it, as applications do."),
    ] = Through.ENDPOINT,
    application: Annotated[
        str | None,
        typer.Option(
            "--application", metavar="NAME", help="Whose API key is used, where an API lets in by keys of several."
        ),
    ] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Ask the deployed model.

    Example: mlops-iac predict screening-dev --data examples/screening/sample.json
    """
    from mlops_iac.cli.console import show, show_bytes, show_json
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.predict import predict as ask
    from mlops_iac.runs.predict import say_header

    if through is Through.ENDPOINT and application is not None:
        detail = "--application names whose key the API is asked with."
        raise UsageError("Options do not go together.", detail, hint="add --through api, or leave it out.")
    if through is Through.API and inference_id is not None:
        detail = "An API passes no --inference-id on to the endpoint."
        raise UsageError("Options do not go together.", detail, hint="leave one of --inference-id and --through out.")
    body, kind = read_rows(data, content_type)
    kind = say_header(kind, header)
    opened = open_environment(stack, cloud, quick=through is Through.ENDPOINT)
    source = "standard input" if data == "-" else data
    prediction = ask(
        opened.environment,
        opened.clients,
        body,
        kind,
        accept=accept,
        endpoint=endpoint,
        inference_id=inference_id,
        source=source,
        through_api=through is Through.API,
        application=application,
    )
    if isinstance(prediction.value, bytes):
        show_bytes(prediction.value)
    elif json:
        show_json(prediction.value if isinstance(prediction.value, dict) else {"predictions": prediction.value})
    else:
        show(render_prediction(prediction.value))


def read_rows(data: str, content_type: str | None) -> tuple[bytes, str]:
    """The request's body, and what it is. Raises UsageError for a file that cannot be read."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.predict import JSON, content_type_of

    if data == "-":
        return sys.stdin.buffer.read(), content_type or JSON
    file = Path(data)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise UsageError("The file cannot be read.", f"`{data}`: {error.strerror}.", hint="check the path.") from error
    return body, content_type or content_type_of(file)


def render_prediction(value: object) -> str:
    """One line per row, with the probability of each class where the model gives them; anything else as it came."""
    import json

    if not isinstance(value, dict) or not isinstance(value.get("predictions"), list):
        return value if isinstance(value, str) else json.dumps(value, indent=2)
    chances, classes = value.get("probabilities"), value.get("classes")
    lines = []
    for number, prediction in enumerate(value["predictions"]):
        line = f"row {number + 1:>3}  {prediction}"
        if isinstance(chances, list) and isinstance(classes, list) and number < len(chances):
            pairs = zip(classes, chances[number], strict=False)
            line += "   " + "  ".join(f"p({label}) = {chance:.4f}" for label, chance in pairs)
        lines.append(line)
    return "\n".join(lines)
