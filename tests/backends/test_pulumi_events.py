"""What the real Pulumi CLI tells (recorded), as our events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi.automation.events import EngineEvent

from mlops_iac.backends.pulumi_events import Recorder, masked, value_at
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Diagnostic, Event, Op, Prelude, StepDone, StepStarted, Summary
from mlops_iac.engine.values import signatures

RECORDED = Path(__file__).parents[1] / "golden/pulumi/events-up.jsonl"


@pytest.fixture
def told() -> tuple[Recorder, list[Event]]:
    events: list[Event] = []
    recorder = Recorder(events.append)
    for line in RECORDED.read_text().splitlines():
        recorder(EngineEvent.from_json(json.loads(line)))
    return recorder, events


def test_each_resource_of_a_real_up_begins_and_ends(told):
    _, events = told
    begun = {e.step.name for e in events if isinstance(e, StepStarted)}
    ended = {e.step.name for e in events if isinstance(e, StepDone)}
    assert begun == ended
    assert {"lake-bucket", "lake-queue", "lake-secret", "lake-versions", "lake"} <= ended


def test_the_result_counts_what_pulumi_counted(told):
    recorder, _ = told
    result = recorder.result(1.5, None)
    assert dict(result.changes) == {"create": 6}
    assert result.outcome == "succeeded"
    assert result.config["mlops-iac:token"] == "[secret]"
    assert {s.op for s in result.steps} == {Op.CREATE}
    bucket = next(s for s in result.steps if s.name == "lake-bucket")
    assert bucket.parent.endswith("DataLake::lake")
    assert bucket.new["inputs"]["bucket"] == "screening-dev-lake"


def test_the_last_event_is_a_summary(told):
    recorder, events = told
    recorder.result(1.0, None)
    assert isinstance(events[-1], Summary)
    assert not any(isinstance(e, Prelude) for e in events)


def test_values_are_found_at_pulumis_property_paths():
    values = {"tags": {"team": "a"}, "rules": [{"id": "x"}]}
    assert value_at(values, "tags.team") == "a"
    assert value_at(values, "rules[0].id") == "x"
    assert value_at(values, "rules[3].id") is None


def test_secrets_and_components_are_told_as_our_engine_tells_them(told):
    recorder, _ = told
    result = recorder.result(1.0, None)
    kinds = {step.name: step.custom for step in result.steps}
    assert (kinds["lake"], kinds["lake-bucket"]) == (False, True)
    secret = masked({"a": [{signatures.KEY: signatures.SECRET, "ciphertext": "[secret]"}], "b": 1})
    assert secret == {"a": ["[secret]"], "b": 1}


def event(**fields: object) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 0, **fields})


def metadata(op: str) -> dict[str, object]:
    urn = "urn:pulumi:dev::lab::aws:sns/topic:Topic::topic"
    state = {"type": "aws:sns/topic:Topic", "urn": urn, "custom": True, "id": "x", "inputs": {"name": "topic"}}
    return {"op": op, "urn": urn, "type": "aws:sns/topic:Topic", "old": state, "new": state, "provider": ""}


def test_a_refresh_is_told_by_what_it_came_to():
    recorder = Recorder(lambda event: None)
    recorder(event(resourcePreEvent={"metadata": metadata("refresh")}))
    recorder(event(resOutputsEvent={"metadata": metadata("same")}))
    assert [step.op for step in recorder.result(1.0, None).steps] == [Op.SAME]


def test_what_was_read_and_is_no_longer_wanted_is_discarded_and_not_deleted():
    recorder = Recorder(lambda event: None)
    recorder(event(resOutputsEvent={"metadata": metadata("discard")}))
    assert [step.op for step in recorder.result(1.0, None).steps] == [Op.DISCARD]


def diagnostic(message: str, urn: str = "") -> EngineEvent:
    told = {"message": message, "color": "never", "severity": "error", "urn": urn}
    return event(diagnosticEvent=told)


def test_a_resource_that_failed_explains_itself_and_nothing_else_does():
    recorder = Recorder(lambda event: None)
    urn = str(metadata("create")["urn"])
    recorder(event(resourcePreEvent={"metadata": metadata("create")}))
    recorder(diagnostic("topic says no", urn))
    recorder(event(resOpFailedEvent={"metadata": metadata("create"), "status": 0, "steps": 1}))
    recorder(diagnostic("update failed"))
    result = recorder.result(1.0, CloudError("Pulumi stopped.", "all of the CLI's output"))
    assert result.outcome == "failed"
    assert result.error is None
    assert [failure.error.detail for failure in result.failures] == ["topic says no"]


def test_an_error_beside_a_failure_is_not_lost():
    heard: list[Event] = []
    recorder = Recorder(heard.append)
    recorder(event(resOpFailedEvent={"metadata": metadata("create"), "status": 0, "steps": 1}))
    recorder(diagnostic("the program raised", "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"))
    recorder.result(1.0, None)
    assert [told.message for told in heard if isinstance(told, Diagnostic)] == ["the program raised"]


def test_what_stopped_before_any_resource_is_told_by_the_clis_errors():
    recorder = Recorder(lambda event: None)
    recorder(diagnostic("No valid credential sources found.", "urn:pulumi:dev::lab::pulumi:providers:aws::default"))
    recorder(diagnostic("preview failed"))
    assert recorder.complaints() == "No valid credential sources found."


def test_a_cancelled_operation_says_so():
    recorder = Recorder(lambda event: None)
    result = recorder.result(1.0, CloudError("Pulumi stopped."), cancelled=True)
    assert result.outcome == "cancelled"
    assert recorder.result(1.0, None, cancelled=True).outcome == "succeeded"
