from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs.predict import content_type_of, predict, say_header


class FakeCloud:
    """An endpoint in one status, and a model that answers or raises."""

    def __init__(self, status: str | None = "InService", answer: Any = None, error: str = "") -> None:
        self.status, self.answer, self.error, self.asked = status, answer, error, {}

    def clients(self) -> Clients:
        return Clients(region="eu-west-1", endpoint="http://127.0.0.1:1", make=lambda _: self, account_id=str)

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if self.status is None:
            raise client_error("ValidationException", 'Could not find endpoint "x".')
        return {"EndpointStatus": self.status, "FailureReason": "the model cannot be loaded"}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        if self.error:
            raise client_error("ModelError", self.error)
        return {"Body": io.BytesIO(json.dumps(self.answer).encode()), "ContentType": "application/json"}

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        return {"logStreams": [{"logStreamName": "AllTraffic/i-0"}]}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        events = [] if "nextToken" in request else [
            {"timestamp": 0, "message": "of an earlier request"},
            {"timestamp": int(time.time() * 1000) + 1000, "message": "ValueError: columns are missing"},
        ]  # fmt: skip
        return {"events": events, "nextForwardToken": "f/1"}


def client_error(code: str, message: str) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


def test_rows_go_out_and_predictions_come_back(environment: Environment) -> None:
    cloud = FakeCloud(answer={"predictions": [1]})
    prediction = predict(environment, cloud.clients(), b'{"instances": [[1]]}')
    assert prediction.value == {"predictions": [1]}
    assert cloud.asked["EndpointName"] == "screening-dev-endpoint"
    assert cloud.asked["ContentType"] == "application/json"


def test_an_endpoint_without_a_model_says_what_to_run(environment: Environment) -> None:
    with pytest.raises(RunError, match="no model yet") as caught:
        predict(environment, FakeCloud(status=None).clients(), b"[[1]]")
    assert "mlops-iac run screening-dev training" in caught.value.hint


@pytest.mark.parametrize("status", ["Creating", "Failed", "Deleting"])
def test_an_endpoint_that_does_not_serve_says_its_status(environment: Environment, status: str) -> None:
    with pytest.raises(RunError, match="does not serve") as caught:
        predict(environment, FakeCloud(status=status).clients(), b"[[1]]")
    assert status in caught.value.detail


def test_an_endpoint_that_is_being_updated_still_serves(environment: Environment) -> None:
    assert predict(environment, FakeCloud(status="Updating", answer=[1]).clients(), b"[[1]]").value == [1]


def test_a_model_that_raises_is_told_with_the_end_of_its_log(environment: Environment) -> None:
    cloud = FakeCloud(error="Received server error (500) from primary")
    with pytest.raises(RunError, match="Model failed") as caught:
        predict(environment, cloud.clients(), b"[[1]]")
    assert "server error (500)" in caught.value.detail
    assert "ValueError: columns are missing" in caught.value.detail
    assert "earlier request" not in caught.value.detail


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"", "application/json", "empty"),
        (b"  \n", "text/csv", "empty"),
        (b"a,b\n1,2\n", "application/json", "not JSON"),
        (b"[" * 100_000, "application/json", "nested too deep"),
        (b"\xff\xfe\x00", "text/csv", "not text"),
        (b"1" * (4 * 1024 * 1024 + 1), "text/csv", "too large"),
    ],
)
def test_a_wrong_payload_is_refused_before_it_is_sent(
    environment: Environment, body: bytes, kind: str, message: str
) -> None:
    cloud = FakeCloud()
    with pytest.raises(UsageError, match=message):
        predict(environment, cloud.clients(), body, kind)
    assert cloud.asked == {}


def test_the_content_type_comes_from_the_files_name() -> None:
    assert content_type_of(Path("a.CSV")) == "text/csv"
    with pytest.raises(UsageError, match="not known"):
        content_type_of(Path("a.parquet"))


class RawCloud(FakeCloud):
    """A model that answers with bytes of its own kind."""

    def __init__(self, body: bytes, content_type: str) -> None:
        super().__init__()
        self.body, self.content_type = body, content_type

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        return {"Body": io.BytesIO(self.body), "ContentType": self.content_type}


@pytest.mark.parametrize(
    ("body", "content_type", "value"),
    [
        (b"\x89PNG\x00", "image/png", b"\x89PNG\x00"),
        (b"1,2\n", "text/csv; charset=utf-8", "1,2\n"),
        (b"[1]", "application/json; charset=utf-8", [1]),
    ],
)
def test_an_answer_is_what_its_content_type_says(environment: Environment, body: bytes, content_type: str, value: Any):
    cloud = RawCloud(body, content_type)
    sent = b"\x00\xff raw"
    prediction = predict(environment, cloud.clients(), sent, "application/x-image", accept="image/png")
    assert (prediction.value, prediction.content_type) == (value, content_type)
    assert (cloud.asked["Body"], cloud.asked["ContentType"], cloud.asked["Accept"]) == (
        sent,
        "application/x-image",
        "image/png",
    )


def test_a_header_is_said_in_the_content_type_of_csv_only():
    assert say_header("text/csv", None) == "text/csv"
    assert say_header("text/csv", True) == "text/csv; header=present"
    assert say_header("text/csv", False) == "text/csv; header=absent"
    with pytest.raises(UsageError, match="Header belongs to CSV"):
        say_header("application/json", True)
