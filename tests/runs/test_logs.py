"""The error that a failed run is told with: each thing once, and what helps most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.runs.logs import get_tail_error, without_reason
from mlops_iac.runs.run import Run, StepRun

START = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
REASON = 'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "KeyError: 7"'


class FakeLogs:
    """One group with one stream; remembers what it was asked for."""

    def __init__(self, *events: tuple[int, str]) -> None:
        self.events, self.asked = events, {}

    def clients(self) -> Clients:
        return Clients(region="eu-west-1", endpoint="http://127.0.0.1:1", make=lambda _: self, account_id=str)

    def describe_log_streams(self, **asked: Any) -> dict[str, Any]:
        self.asked = asked
        return {"logStreams": [{"logStreamName": "one"}]}

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        when = [(START + timedelta(seconds=second)).timestamp() * 1000 for second, _ in self.events]
        events = [{"timestamp": time, "message": text} for time, (_, text) in zip(when, self.events, strict=True)]
        return {"events": [] if "nextToken" in asked else events, "nextForwardToken": "f/1"}


def failed(**step: Any) -> Run:
    told = StepRun(job_kind="training", status="failed", started=START, ended=START + timedelta(seconds=9), **step)
    return Run(id="261121-081530-3fa2", pipeline="training", stack="tiny-dev", handle="arn", status="failed",
               started=START, steps=(told,))  # fmt: skip


def test_the_reason_is_not_told_again_as_the_end_of_the_log() -> None:
    logs = FakeLogs((1, "reading"), (2, f"Traceback\nKeyError: 7\n{REASON}"))
    error = get_tail_error(logs.clients(), failed(name="train", kind="training", job="j", reason=REASON))
    assert error.detail == "Step `train` failed.\nThe end of its log:\nreading\nTraceback\nKeyError: 7"
    assert "mlops-iac logs tiny-dev 261121-081530-3fa2 train" in error.hint


def test_a_log_that_ends_otherwise_stays_whole() -> None:
    lines = ["AlgorithmError: ExecuteUserScriptError:", "and then something else"]
    assert without_reason(lines, REASON) == lines
    assert without_reason([], REASON) == []


def test_a_failed_deployment_is_told_with_what_the_endpoint_wrote_meanwhile() -> None:
    logs = FakeLogs((-5, "before"), (3, "ValueError: written by a newer version"), (20, "after"))
    step = failed(name="deploy", kind="deploy", reason="DeployFailed: rolled back")
    error = get_tail_error(logs.clients(), step, ["tiny-dev-endpoint"])
    assert error.detail.splitlines()[1:] == [
        "The end of the log of tiny-dev-endpoint:",
        "ValueError: written by a newer version",
    ]
    assert "logStreamNamePrefix" not in logs.asked, "an empty prefix is refused by AWS"


def test_a_run_without_data_says_how_to_put_some() -> None:
    step = failed(name="validate", kind="processing", job="j", reason="No S3 objects found under S3 URL")
    assert "mlops-iac data put tiny-dev" in get_tail_error(FakeLogs().clients(), step).hint
