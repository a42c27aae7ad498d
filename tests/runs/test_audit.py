"""The environment's own log: what is written, what is read back, and what does not get in."""

from __future__ import annotations

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.audit import FOLDER, AuditEvent, in_order
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import UsageError
from mlops_iac.runs.audit import check_message, read_events, state_events, write_event


def test_what_is_written_is_read_back_the_newest_first(environment: Environment, clients: Clients):
    first = write_event(environment, clients, "run", subject="261121-081530-3fa2", message="why", about={"a": "b"})
    second = write_event(environment, clients, "rollback", subject="main to version 2", result="failed")
    assert read_events(environment, clients, 10) == in_order([first, second])
    assert first.by
    assert first.about == {"a": "b"}


def test_no_more_is_read_than_was_asked_for(environment: Environment, clients: Clients):
    for _ in range(3):
        write_event(environment, clients, "run")
    assert len(read_events(environment, clients, 2)) == 2


def test_an_entry_that_is_no_event_says_so(environment: Environment, clients: Clients):
    for name, body in {"a": b"{", "b": b"[]", "c": b'{"id": "x", "about": 3}', "d": b"\xff"}.items():
        clients("s3").put_object(Bucket=environment.lake.bucket, Key=f"{FOLDER}{name}.json", Body=body)
    found = read_events(environment, clients, 10)
    assert [event.action for event in found] == ["unknown"] * 4
    assert all("cannot be read" in event.message for event in found)


@pytest.mark.parametrize(
    ("message", "told"), [("x" * 1001, "too long"), ("it was AKIAABCDEFGHIJKLMNOP", "looks like a secret")]
)
def test_a_message_that_is_too_long_or_holds_a_key_is_refused(message: str, told: str):
    with pytest.raises(UsageError, match=told) as caught:
        check_message(message)
    assert "ABCDEFGHIJ" not in str(caught.value)


def test_a_states_history_is_told_in_commands_words():
    entry = {
        "kind": "update", "startTime": 1795993557, "message": "more memory", "result": "succeeded",
        "environment": {"git.author": "Anna", "exec.kind": "auto", "mlops-iac.by": "anna@laptop"},
        "resourceChanges": {"create": 2, "same": 68},
    }  # fmt: skip
    assert list(state_events([entry])) == [
        AuditEvent(
            id="state-update-1795993557", at="2026-11-29T23:05:57Z", action="up", by="anna@laptop", subject="2 create",
            result="succeeded", message="more memory", about={"git.author": "Anna"},
        )
    ]  # fmt: skip


@pytest.mark.parametrize("entry", [{}, {"kind": "unknown", "result": "cannot be read"}, {"environment": "x"}])
def test_a_damaged_entry_of_a_state_is_told_all_the_same(entry: dict):
    (event,) = state_events([entry])
    assert event.action == "unknown"
