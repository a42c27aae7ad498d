"""`up --cloud aws` begins with a preview, as `pulumi up` does and the Automation API's `up` does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import CommandError
from pulumi.automation._cmd import CommandResult
from pulumi.automation.events import EngineEvent

from mlops_iac.backends import pulumi
from mlops_iac.backends.pulumi import PulumiBackend
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.event import Summary
from mlops_iac.policy import PolicyError, Settings
from mlops_iac.program.policies import StackPolicies

BUCKET = "aws:s3/bucket:Bucket"
URN = f"urn:pulumi:screening-dev::mlops-iac::{BUCKET}::drop"


class FakeStack:
    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refuses = ""
        self.tells: list[dict[str, Any]] = []

    def preview(self, on_event: Any, **given: Any) -> None:
        self.asked.append(("preview", given))
        for told in self.tells:
            on_event(EngineEvent.from_json(told))
        if self.refuses:
            raise CommandError(CommandResult(stdout="", stderr=self.refuses, code=255))

    def up(self, on_event: Any, show_secrets: bool, **given: Any) -> None:
        self.asked.append(("up", given))


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    stack = FakeStack()
    monkeypatch.setattr(pulumi, "find_cli", lambda: None)
    monkeypatch.setattr(PulumiBackend, "_open_program", lambda self: None)
    monkeypatch.setattr(pulumi.Judge, "of", lambda program: pulumi.Judge(None))
    monkeypatch.setattr(PulumiBackend, "_select", lambda self, create=False: stack)
    return stack


def test_what_the_preview_refuses_is_never_begun(stack: FakeStack, tmp_path: Path) -> None:
    stack.refuses = "error: an input is wrong"
    events: list[Any] = []
    result = PulumiBackend(tmp_path, "screening-dev").up(on_event=events.append)
    assert [verb for verb, _ in stack.asked] == ["preview"]
    assert result.outcome == "failed"
    assert "an input is wrong" in str(result.error)
    assert (result.steps, result.changes, result.failures) == ((), {}, ())
    assert [type(event) for event in events] == [Summary]


def test_what_the_preview_accepts_is_begun_with_the_same_options(stack: FakeStack, tmp_path: Path) -> None:
    PulumiBackend(tmp_path, "screening-dev").up(options=Options(parallel=3, continue_on_error=True))
    assert stack.asked == [("preview", {"parallel": 3}), ("up", {"parallel": 3, "continue_on_error": True})]


@pytest.mark.parametrize("options", [Options(skip_preview=True), Options(plan=Path("plan.json"))])
def test_a_person_who_has_looked_is_not_made_to_wait_for_another_preview(
    stack: FakeStack, tmp_path: Path, options: Options
) -> None:
    PulumiBackend(tmp_path, "screening-dev").up(options=options)
    assert [verb for verb, _ in stack.asked] == ["up"]


def test_what_a_policy_refuses_is_never_begun(
    stack: FakeStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = pulumi.Judge(StackPolicies(settings=Settings()))
    monkeypatch.setattr(pulumi.Judge, "of", lambda program: judge)
    new = {"type": BUCKET, "urn": URN, "custom": True, "id": "", "parent": "", "inputs": {"bucket": "drop"}}
    told = {"op": "create", "urn": URN, "type": BUCKET, "old": None, "new": {**new, "outputs": {}, "provider": ""}}
    stack.tells = [{"sequence": 1, "timestamp": 1, "resourcePreEvent": {"metadata": {**told, "provider": ""}}}]
    result = PulumiBackend(tmp_path, "screening-dev").up()
    assert [verb for verb, _ in stack.asked] == ["preview"]
    assert isinstance(result.error, PolicyError)
    assert "s3-public-access" in str(result.error)
    foreseen = PulumiBackend(tmp_path, "screening-dev").preview()
    assert foreseen.error is None
    assert foreseen.policy.refuses
