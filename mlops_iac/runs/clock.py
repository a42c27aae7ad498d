"""What time it is where runs are: the embedded cloud has a clock of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.calls import calling


def read_time(environment: Environment, clients: Clients) -> datetime:
    """In UTC, to the second where it is the embedded cloud's."""
    if not clients.embedded:
        return datetime.now(UTC)
    with calling("s3:HeadBucket", environment.lake.bucket):
        answer = clients("s3").head_bucket(Bucket=environment.lake.bucket)
    told = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(told) if told else datetime.now(UTC)
