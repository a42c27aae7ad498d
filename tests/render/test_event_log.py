"""Our events as Pulumi's: the log that ``--event-log`` writes, held to one that the real CLI wrote."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.pulumi_events import Recorder
from mlops_iac.core.errors import CloudError, UsageError
from mlops_iac.engine.event import Diagnostic, Event, Op, Prelude, PropertyDiff, Step, StepDone, Summary
from mlops_iac.engine.values.value import Secret
from mlops_iac.render.event_log import EventLog, engine_events, log_events
from tests.render.conftest import Story, component, resource

RECORDED = Path(__file__).parents[1] / "golden/pulumi/events-up.jsonl"


def recorded() -> list[dict]:
    return [json.loads(line) for line in RECORDED.read_text().splitlines() if line.strip()]


def kind(event: dict) -> str:
    return next(key for key in event if key.endswith("Event"))


def hidden(value: Any) -> Any:
    """Pulumi's marked object around a secret that is not shown, as the word that we write."""
    if isinstance(value, dict):
        return "[secret]" if "ciphertext" in value else {key: hidden(item) for key, item in value.items()}
    return value


def written(*events: Event) -> list[dict]:
    file = io.StringIO()
    log = EventLog(file, clock=lambda: 7.9)
    for event in events:
        log(event)
    log.close()
    return [json.loads(line) for line in file.getvalue().splitlines()]


def test_what_pulumi_told_and_we_tell_again_is_the_same_event():
    """Through our events and back, nothing that Pulumi's readers look at is lost."""
    from pulumi.automation.events import EngineEvent

    events: list[Event] = []
    recorder = Recorder(events.append)
    told = recorded()
    for event in told:
        recorder(EngineEvent.from_json(event))
    ours = [body for event in events for body in engine_events(event)]
    theirs = [event for event in told if kind(event) in ("resourcePreEvent", "resOutputsEvent")]
    ours = [body for body in ours if kind(body) in ("resourcePreEvent", "resOutputsEvent")]
    assert [(kind(body), body[kind(body)]["metadata"]["urn"]) for body in ours] == [
        (kind(event), event[kind(event)]["metadata"]["urn"]) for event in theirs
    ]
    for body, event in zip(ours, theirs, strict=True):
        mine, real = body[kind(body)]["metadata"], event[kind(event)]["metadata"]
        assert set(mine) == set(real)
        assert (mine["op"], mine["type"], mine["logical"]) == (real["op"], real["type"], real["logical"])
        assert mine["new"] == hidden(real["new"])


def test_the_log_begins_with_a_prelude_and_ends_with_a_summary_and_a_cancel_event():
    lines = written(Prelude(config={"a": "b"}), Summary(changes={"create": 1}, seconds=2.5, outcome="succeeded"))
    assert [kind(line) for line in lines] == ["preludeEvent", "summaryEvent", "cancelEvent"]
    assert [(line["sequence"], line["timestamp"]) for line in lines] == [(0, 7), (1, 7), (2, 7)]
    real = {kind(event): event for event in recorded()}
    for line in lines:
        assert set(line[kind(line)]) == set(real[kind(line)][kind(line)])


def test_a_failure_is_told_in_words_before_it_is_told_as_an_event(clock):
    events: list[Event] = []
    Story(events.append, clock).fail(resource("lake", "bucket"), CloudError("No.", "S3 says no."))
    told, failed = [body for event in events for body in engine_events(event)]
    assert told["diagnosticEvent"]["severity"] == "error"
    assert "S3 says no." in told["diagnosticEvent"]["message"]
    assert failed["resOpFailedEvent"]["metadata"]["urn"] == told["diagnosticEvent"]["urn"]


def test_a_recorder_of_pulumis_events_understands_our_log(clock):
    """The log can be read back: what failed, and why."""
    from pulumi.automation.events import EngineEvent

    file = io.StringIO()
    log = EventLog(file)
    bucket = resource("lake", "bucket", new={"inputs": {"bucket": "b"}, "custom": True})
    story = Story(log, clock).begin(component("lake"), bucket)
    story.fail(bucket, CloudError("No.", "S3 says no."))
    log(Summary(changes={"create": 1}, seconds=1, outcome="failed"))
    log.close()
    back = Recorder(lambda event: None)
    for line in file.getvalue().splitlines():
        back(EngineEvent.from_json(json.loads(line)))
    result = back.result(1.0, None)
    assert (result.outcome, dict(result.changes)) == ("failed", {"create": 1})
    assert "S3 says no." in str(result.failures[0].error)
    assert result.failures[0].step.name == "lake-bucket"


def test_differences_and_reasons_have_pulumis_names():
    step = resource(
        "lake", "bucket", Op.REPLACE,
        diff={'tags["a.b"]': PropertyDiff(kind="update", old=1, new=2), "bucket": PropertyDiff(kind="update-replace")},
        replace_reasons=("bucket",),
    )  # fmt: skip
    (body,) = engine_events(StepDone(step=step, seconds=1))
    metadata = body["resOutputsEvent"]["metadata"]
    assert metadata["keys"] == ["bucket"]
    assert metadata["diffs"] == ["bucket", "tags"]
    assert metadata["detailedDiff"]["bucket"] == {"diffKind": "update-replace", "inputDiff": True}


def test_secrets_are_never_in_the_log():
    step = Step(
        op=Op.UPDATE, urn=resource("lake", "x").urn, type="aws:x/y:Z", name="lake-x",
        old={"inputs": {"password": Secret("hunter2")}}, new={"inputs": {"nested": [{"p": Secret("hunter2")}]}},
        diff={"password": PropertyDiff(kind="update", old=Secret("hunter2"), new=Secret("hunter3"))},
    )  # fmt: skip
    text = json.dumps(written(StepDone(step=step, seconds=1)))
    assert "hunter" not in text
    assert "[secret]" in text


def test_the_file_is_private_even_when_it_was_not_before(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("old")
    path.chmod(0o644)
    with log_events(path) as log:
        log(Diagnostic(severity="info", message="hello"))
        assert "hello" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "old" not in path.read_text()


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(tmp_path):
    with pytest.raises(UsageError, match="event log cannot be written"), log_events(tmp_path / "no" / "events"):
        raise AssertionError("nothing may run")


def test_without_a_path_nothing_is_written(tmp_path):
    with log_events(None) as log:
        log(Prelude(config={}))
    assert list(tmp_path.iterdir()) == []


def test_a_preview_says_that_it_plans():
    (body,) = engine_events(StepDone(step=resource("lake", "bucket"), seconds=0), preview=True)
    assert body["resOutputsEvent"]["planning"] is True
