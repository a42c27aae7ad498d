"""The embedded backend: when it starts a cloud, what it asks of it, and what it answers when there is nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.backends import backend_for
from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.backends.pulumi import PulumiBackend
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.core.errors import CloudError, ConfigError, Problem, StackNotFound
from mlops_iac.engine.event import Diagnostic, Prelude, StepDone, Summary
from tests.backends.conftest import STACK, Cloud


@pytest.fixture
def deployed(backend: EmbeddedBackend, cloud: Cloud) -> EmbeddedBackend:
    if STACK not in backend.store.stacks():
        cloud.slow = 0.3
        result = backend.up()
        cloud.slow = 0.0
        assert result.outcome == "succeeded", result.failures or result.error
    cloud.asked.clear()
    cloud.starts = 0
    return backend


def test_a_cloud_that_cannot_start_is_told_as_it_is_and_nothing_is_recorded_as_made(backend, cloud, monkeypatch):
    monkeypatch.setattr(cloud, "broken", CloudError("The embedded cloud did not start.", hint="see its log."))
    with pytest.raises(CloudError, match=r"The embedded cloud did not start\."):
        backend.up()
    assert backend.store.stacks() == []


def test_the_first_call_waits_for_the_cloud_that_starts_beside_the_program(deployed, cloud):
    assert cloud.early == 0
    assert cloud.answering.is_set()


def test_an_up_without_changes_asks_for_nothing_that_changes(deployed, cloud):
    result = deployed.up()
    assert set(result.changes) == {"same"}
    assert cloud.changes == []
    assert cloud.starts == 1


def test_a_preview_asks_nothing_at_all(deployed, cloud):
    assert deployed.preview().changed is False
    assert cloud.asked == []
    assert cloud.starts == 0


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_cloud_that_was_thrown_away_is_told_with_what_mends_it(deployed, cloud, monkeypatch, verb):
    monkeypatch.setattr(cloud, "is_empty", True)
    events: list[Any] = []
    getattr(deployed, verb)(on_event=events.append)
    (told,) = [event for event in events if isinstance(event, Diagnostic)]
    assert told.severity == "warning"
    assert f"mlops-iac up {STACK} --refresh" in told.message


def test_what_was_deployed_is_saved_before_success_is_told(deployed, cloud):
    """The fixture's `up` changed the cloud, and nothing has since."""
    assert cloud.saves > 0
    assert not (cloud.server.home.path / "unsaved").exists()
    assert cloud.server.keeper.is_current


def test_an_operation_that_fails_saves_what_it_did(deployed, cloud, monkeypatch):
    before = cloud.saves
    monkeypatch.setattr("mlops_iac.engine.doing.deployment.Deployment.destroy", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        deployed.destroy()
    assert cloud.saves == before + 1


def test_after_a_cloud_was_killed_preview_says_so_and_up_looks_at_each_resource(deployed, cloud, monkeypatch):
    monkeypatch.setattr(cloud.server.keeper, "unclean", True)
    events: list[Any] = []
    deployed.preview(on_event=events.append)
    assert "ended before it saved" in next(event.message for event in events if isinstance(event, Diagnostic))
    assert cloud.asked == []
    assert cloud.is_unclean, "a preview mends nothing"
    cloud.clients("eu-west-1")("sns").delete_topic(TopicArn=find_topic(cloud))
    deployed.up(on_event=events.append)
    assert find_topic(cloud), "what was gone is made again"
    assert not cloud.is_unclean


def find_topic(cloud):
    topics = cloud.clients("eu-west-1")("sns").list_topics()["Topics"]
    return topics[0]["TopicArn"] if topics else ""


def test_a_refresh_only_reads(deployed, cloud):
    assert deployed.refresh(preview=True).changed is False
    assert cloud.asked != []
    assert cloud.changes == []


def test_outputs_and_environment_are_read_from_the_state(deployed, cloud):
    assert deployed.environment().lake.bucket == deployed.outputs()["stores"]["lake"]["bucket"]
    assert cloud.asked == []
    assert cloud.starts == 0


def test_events_begin_with_a_prelude_and_end_with_a_summary_that_counts_what_was_told(deployed):
    events: list[Any] = []
    result = deployed.up(on_event=events.append)
    assert isinstance(events[0], Prelude)
    assert isinstance(events[-1], Summary)
    done = {event.step.urn for event in events if isinstance(event, StepDone)}
    assert {step.urn for step in result.steps} <= done
    assert events[-1].changes == result.changes


def test_a_preview_in_a_fresh_project_starts_no_cloud_and_leaves_no_trace(project):
    backend = EmbeddedBackend(project, STACK)
    assert backend.preview().changes["create"] > 50
    assert backend.cloud.find() is None
    assert not (project / ".mlops-iac").exists()


@pytest.mark.parametrize("verb", ["refresh", "destroy", "outputs", "environment", "clients"])
def test_what_needs_a_deployed_stack_says_so_and_starts_no_cloud(project, verb):
    backend = EmbeddedBackend(project, "sreening-dev")
    with pytest.raises(StackNotFound, match="No such environment"):
        getattr(backend, verb)()
    assert backend.cloud.find() is None


@pytest.mark.parametrize("verb", ["up", "preview"])
def test_a_stack_without_a_file_starts_no_cloud(project, verb):
    backend = EmbeddedBackend(project, "nobody-dev")
    with pytest.raises((ConfigError, StackNotFound)):
        getattr(backend, verb)()
    assert backend.cloud.find() is None


def test_the_place_is_chosen_by_name(project, monkeypatch, tmp_path):
    assert isinstance(backend_for(project, STACK, "embedded"), EmbeddedBackend)
    pulumi = tmp_path / "pulumi"
    pulumi.write_text("#!/bin/sh\necho v3.200.0\n")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert isinstance(backend_for(project, STACK, "aws"), PulumiBackend)


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_what_the_embedded_cloud_cannot_run_is_refused_before_it_is_asked(backend, cloud, monkeypatch, verb):
    problem = Problem(summary="Embedded cloud has one machine.", detail="The training asks for 3 instances.")
    monkeypatch.setattr(TabularBatchOptions, "not_embedded", [problem])
    cloud.starts = 0
    with pytest.raises(ConfigError, match="asks for 3 instances"):
        getattr(backend, verb)()
    assert cloud.starts == 0
