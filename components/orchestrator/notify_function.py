"""The code of a notifier: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

No type of step of SageMaker Pipelines publishes to SNS, so its notify steps call this. What stands in braces in the
message is the run, a parameter, or a metric of an evaluation in the lake.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from typing import Any

PLACE = re.compile(r"\{([^{}]*)\}")
RUN = "run"
PARAMETERS = "parameters."
MOST_BYTES = 16 * 1024 * 1024
"""Of an evaluation's file."""
LONGEST = 200_000
"""Bytes of a message: SNS takes 256 KiB, with the subject and what it adds.
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


class NoMetric(Exception):
    pass


class TooLarge(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """``event`` has: topic, subject, message, run, and ``parameters.NAME`` of each that the message names; with metrics
    also evaluation (the file's URI) and metrics (JSON: name to the keys that lead to it)."""
    boto3 = importlib.import_module("boto3")
    found = read_metrics(boto3.client("s3"), event) if "evaluation" in event else {}
    message = fill(event, found)
    boto3.client("sns").publish(TopicArn=event["topic"], Subject=event["subject"], Message=message)
    return {"told": "true"}


def fill(event: Mapping[str, Any], metrics: Mapping[str, str]) -> str:
    def put(place: re.Match[str]) -> str:
        name = place[1]
        return metrics[name] if name in metrics else written(event[name])

    message = PLACE.sub(put, event["message"])
    return message.encode()[:LONGEST].decode(errors="ignore")


def read_metrics(client: Any, event: Mapping[str, Any]) -> dict[str, str]:
    """Raises NoMetric for one that the evaluation lacks, or that is no number or text."""
    bucket, _, key = event["evaluation"].removeprefix("s3://").partition("/")
    answer = client.get_object(Bucket=bucket, Key=key)
    if answer["ContentLength"] > MOST_BYTES:
        raise TooLarge(f"s3://{bucket}/{key} has {answer['ContentLength']} bytes; {MOST_BYTES} are read.")
    try:
        evaluation = json.loads(answer["Body"].read())
    except (ValueError, RecursionError) as error:
        raise NoMetric(f"s3://{bucket}/{key} is no JSON: {error}") from None
    return {name: _metric(evaluation, name, keys, key) for name, keys in json.loads(event["metrics"]).items()}


def _metric(evaluation: Any, name: str, keys: list[str], file: str) -> str:
    found = evaluation
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise NoMetric(f"{file} has no `{name}`, which the message names.")
    return written(found)


def written(value: Any) -> str:
    """As Step Functions writes it: text as it is, a number as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value)
