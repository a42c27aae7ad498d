"""What the real Pulumi CLI tells (recorded), as our events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pulumi.automation.events import EngineEvent

from mlops_iac.backends.pulumi import PulumiBackend, explain
from mlops_iac.backends.pulumi_events import Recorder, value_at
from mlops_iac.core.errors import UsageError
from mlops_iac.engine.event import Event, Op, Prelude, StepDone, StepStarted, Summary

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


def test_without_the_cli_the_backend_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="Pulumi CLI is not installed"):
        PulumiBackend(tmp_path, "screening-dev")


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        ("error: PULUMI_ACCESS_TOKEN must be set for login", "No Pulumi backend."),
        ("error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "No passphrase."),
        ("error: incorrect passphrase, please set", "Wrong passphrase."),
        ("error: something new", "Pulumi stopped."),
    ],
)
def test_what_the_cli_complains_about_is_told_apart(said, summary):
    assert explain(said).summary == summary
