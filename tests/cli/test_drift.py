"""``mlops-iac drift``: what it shows, and the exit code that says so."""

from __future__ import annotations

import json

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Op, PropertyDiff, Result, Step, StepFailed
from mlops_iac.engine.values.value import Secret
from tests.cli.conftest import Install

LAYER = "urn:pulumi:recorded-dev::mlops-iac::mlops-iac:index:DataLake::lake"


def step(op: Op, name: str, **diff: PropertyDiff) -> Step:
    type = "aws:s3/bucket:Bucket"
    urn = f"urn:pulumi:recorded-dev::mlops-iac::mlops-iac:index:DataLake${type}::{name}"
    return Step(op=op, urn=urn, type=type, name=name, parent=LAYER, diff=diff)


TAG = PropertyDiff(kind="add", new="me")
DRIFTED = Result(
    steps=(
        step(Op.UPDATE, "lake-bucket", **{"tags.who": TAG, "tagsAll.who": TAG}),
        step(Op.DELETE, "lake-logs"),
        step(Op.SAME, "lake-same"),
    ),
    changes={"update": 1, "delete": 1, "same": 1},
    outputs={},
    seconds=0.1,
)
SAME = Result(steps=(step(Op.SAME, "lake-same"),), changes={"same": 1}, outputs={}, seconds=0.1)


def test_drift_is_shown_property_by_property_and_ends_with_7(
    recording: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = recording(refresh_preview=DRIFTED)
    assert run_command(["drift", "recorded-dev"]) == exit_codes.CHANGES
    out, err = capsys.readouterr()
    assert backend.asked == ["refresh-preview"]
    assert '+ tags.who: "me"' in out
    assert "tagsAll" not in out
    assert "1 changed, 1 gone, 1 as they were recorded" in out
    assert "`mlops-iac up recorded-dev --refresh` mends it" in err


def test_no_drift_ends_with_0(recording: Install, capsys: pytest.CaptureFixture[str]) -> None:
    recording(refresh_preview=SAME)
    assert run_command(["drift", "recorded-dev"]) == exit_codes.OK
    assert "1 resources are as they were recorded" in capsys.readouterr().out


def test_drift_in_json_says_what_was_and_what_is(recording: Install, capsys: pytest.CaptureFixture[str]) -> None:
    secret = step(
        Op.UPDATE, "lake-word", word=PropertyDiff(kind="update", old=Secret("hunter1"), new=Secret("hunter2"))
    )
    recording(refresh_preview=Result(steps=(*DRIFTED.steps, secret), changes={"update": 2}, outputs={}, seconds=0.1))
    assert run_command(["drift", "recorded-dev", "--json"]) == exit_codes.CHANGES
    out, err = capsys.readouterr()
    found = {item["name"]: item for item in json.loads(out)["drift"]}
    assert err == ""
    assert found["lake-bucket"]["properties"] == {"tags.who": {"was": None, "is": "me"}}
    assert found["lake-logs"]["state"] == "gone"
    assert found["lake-word"]["properties"]["word"] == {"was": "[secret]", "is": "[secret]"}
    assert "hunter" not in out


def test_refresh_preview_only_shows_the_same_and_records_nothing(
    recording: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = recording(refresh_preview=DRIFTED)
    assert run_command(["refresh", "recorded-dev", "--preview-only"]) == exit_codes.OK
    assert "1 changed, 1 gone" in capsys.readouterr().out
    assert run_command(["refresh", "recorded-dev", "--preview-only", "--expect-no-changes"]) == exit_codes.CHANGES
    assert set(backend.asked) == {"refresh-preview"}


def test_what_could_not_be_looked_at_is_an_error_and_not_said_to_be_the_same(
    recording: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    error = CloudError("Cloud refused a request.", "S3 says no.")
    failure = StepFailed(step=step(Op.REFRESH, "lake-bucket"), error=error, seconds=0.1)
    recording(
        refresh_preview=Result(
            steps=(), changes={}, outputs={}, seconds=0.1, outcome="failed", failures=(failure,), error=error
        )
    )
    assert run_command(["drift", "recorded-dev"]) == exit_codes.RESOURCE
    assert "S3 says no." in capsys.readouterr().err
