"""A run waits for a person, on each orchestrator: approved, rejected, stopped, never answered."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from tests.support.rights import without_right
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("approval", on=TARGETS)]

STACK = "tiny-dev"
ASKED = """
extends: training
steps:
  approve: {kind: approval, after: [gate], question: Are the figures right?}
  register: {after: [approve]}
"""
IMPATIENT = """
steps:
  approve: {kind: approval, max_hours: 0.0006}
  late: {kind: approval, after: [approve]}
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    target = str(request.param)
    files = {"asked": ASKED}
    if target != "sagemaker-pipelines":
        files["impatient"] = IMPATIENT
    with tiny_environment(tmp_path_factory.mktemp("tiny"), target, pipelines=files) as made:
        yield made


def show(tiny: TinyEnvironment, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tiny.run("runs", "show", STACK, run, "--json"))
    return found


def until(tiny: TinyEnvironment, run: str, step: str, status: str) -> dict[str, Any]:
    for _ in range(600):
        found = show(tiny, run)
        steps = {one["name"]: one for one in found["steps"]}
        if steps[step]["status"] == status:
            return found
        assert found["status"] == "running", found
        time.sleep(0.1)
    raise AssertionError(f"{step} does not become {status}: {found}")


def asked(tiny: TinyEnvironment) -> str:
    run = tiny.run("run", STACK, "asked").strip()
    until(tiny, run, "approve", "running")
    return run


def ended(tiny: TinyEnvironment, run: str) -> dict[str, Any]:
    for _ in range(600):
        found = show(tiny, run)
        if found["status"] != "running":
            return found
        time.sleep(0.1)
    raise AssertionError(f"the run does not end: {found}")


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {one["name"]: one for one in found["steps"]}[name]


def test_a_run_that_is_approved_goes_on_and_keeps_who_when_and_why(tiny: TinyEnvironment) -> None:
    run = asked(tiny)
    assert f"waits for a person: mlops-iac approve {STACK} {run}" in tiny.run("runs", "show", STACK, run)
    tiny.run("approve", STACK, run, "--reason", "figures \x1b[31mchecked")
    found = ended(tiny, run)
    assert found["status"] == "succeeded", found
    answer = step(found, "approve")["answer"]
    assert (answer["approved"], answer["reason"]) == (True, "figures \x1b[31mchecked")
    assert answer["by"]
    assert answer["at"].endswith("Z")
    told = tiny.run("runs", "show", STACK, run)
    assert f"approved by {answer['by']} at {answer['at']}" in told
    assert "\x1b" not in told
    again = tiny.refused("approve", STACK, run, code=1, says=("does not wait", "`approve` is approved by"))
    assert "Too late" not in again


def test_a_run_that_is_rejected_ends_and_says_who_and_why(tiny: TinyEnvironment) -> None:
    run = asked(tiny)
    tiny.run("reject", STACK, run, "--reason", "too few numbers")
    found = ended(tiny, run)
    assert found["status"] == "refused"
    assert [one["status"] for one in found["steps"]][-3:] == ["refused", "skipped", "skipped"]
    assert step(found, "approve")["answer"]["reason"] == "too few numbers"
    assert "rejected by" in found["error"]
    assert found["gate"]["passed"], found["gate"]
    tiny.refused("runs", "watch", STACK, run, code=1, says=("A person rejected", "too few numbers"))
    tiny.refused("reject", STACK, run, "--reason", "again", code=1, says=("does not wait", "rejected by"))


def test_a_run_is_stopped_while_it_waits(tiny: TinyEnvironment) -> None:
    run = asked(tiny)
    assert json.loads(tiny.run("runs", "stop", STACK, run, "--json"))["status"] == "stopped"
    assert step(show(tiny, run), "approve")["status"] == "stopped"
    tiny.refused("approve", STACK, run, code=1, says=("does not wait", "`approve` is stopped"))


def test_without_the_right_to_ask_the_run_fails_and_names_it(tiny: TinyEnvironment) -> None:
    clients = EmbeddedCloud(tiny.folder / ".mlops-iac/cloud").clients("eu-west-1")
    roles = [one["RoleName"] for one in clients("iam").list_roles()["Roles"]]
    (role,) = (
        name for name in roles if name in ("tiny-dev-pipeline-asked-role", "tiny-dev-pipeline-asked-execution-role")
    )
    with without_right(clients, role, "ApprovalsAsk"):
        run = tiny.run("run", STACK, "asked").strip()
        found = ended(tiny, run)
    assert found["status"] == "failed"
    assert "not authorized to perform: sqs:SendMessage" in step(found, "approve")["reason"]
    tiny.refused("runs", "watch", STACK, run, code=1, says=("sqs:SendMessage", f"grant the role {role}"))


def test_what_cannot_be_answered_is_refused_by_reason(tiny: TinyEnvironment) -> None:
    unknown = "261121-081530-3fa2"
    tiny.refused("approve", STACK, unknown, code=1, says=("No such run",))
    run = asked(tiny)
    tiny.refused("approve", STACK, run, "--step", "approv", code=1, says=("No such approval", "did you mean"))
    tiny.refused("approve", STACK, run, "--reason", "x" * 1001, code=2, says=("1001 characters; 1000 are kept",))
    tiny.refused("reject", STACK, run, code=2, says=("--reason",))
    tiny.run("approve", STACK, run, "--reason", "x" * 1000)
    assert ended(tiny, run)["status"] == "succeeded"


def test_what_asks_nobody_cannot_be_answered(tiny: TinyEnvironment) -> None:
    run = tiny.run("run", STACK, "training").strip()
    tiny.refused("approve", STACK, run, code=1, says=("no step that asks a person",))
    assert ended(tiny, run)["status"] == "succeeded"


def test_an_approval_that_nobody_answers_times_out(tiny: TinyEnvironment) -> None:
    if "impatient" not in tiny.run("outputs", STACK):
        pytest.skip("this orchestrator waits seven days")
    run = tiny.run("run", STACK, "impatient").strip()
    found = ended(tiny, run)
    assert found["status"] == "timed-out"
    assert [one["status"] for one in found["steps"]] == ["timed-out", "skipped"]
    tiny.refused("runs", "watch", STACK, run, code=1, says=("Nobody answered", "`approve` waited"))
    tiny.refused("approve", STACK, run, code=1, says=("does not wait", "`approve` is timed-out", "`late` is skipped"))
