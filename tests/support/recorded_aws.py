"""AWS as it answered once: boto3's own clients, whose requests are checked by botocore and never sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.utils import format_datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from mlops_iac.clients import Clients
from mlops_iac.doctor.checks.clock import now

Answer = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""What an operation answers, or a function of its parameters."""

ACCOUNT = "111122223333"


class Refusal(dict[str, Any]):
    """An error of AWS's."""

    def __init__(self, code: str, message: str = "refused") -> None:
        super().__init__(Error={"Code": code, "Message": message})


def recorded(answers: Mapping[str, Answer], region: str = "eu-west-1") -> Clients:
    """Clients whose operations (``ec2.DescribeVpcs``) answer this; one that is not in it is an AssertionError."""
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name=region)

    def make(service: str) -> Any:
        client = session.client(service)

        def answer(params: Mapping[str, Any], model: Any, **_: Any) -> Any:
            name = f"{service}.{model.name}"
            assert name in answers, f"nothing is recorded of {name}"
            found = answers[name]
            told = dict(found(params) if callable(found) else found)
            told.setdefault("ResponseMetadata", {"HTTPHeaders": {"date": format_datetime(now(), usegmt=True)}})
            status = 400 if "Error" in told else 200
            return AWSResponse("https://recorded", status, {}, None), told

        client.meta.events.register("before-call.*.*", answer)
        return client

    return Clients(region=region, endpoint=None, make=make, account_id=lambda: ACCOUNT)
