"""``--json``: the shapes of Pulumi's own CLI, held to what it printed (recorded)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Diagnostic, Op, PropertyDiff, Result, Step, StepFailed
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT
from mlops_iac.engine.values.value import UNKNOWN, Secret
from mlops_iac.render.pulumi_json import operation_json, result_json
from tests.render.conftest import resource

RECORDED = Path(__file__).parents[1] / "golden/pulumi"
DIGEST = {"config", "steps", "diagnostics", "duration", "changeSummary", "maybeCorrupt"}
"""Pulumi's PreviewDigest (pulumi/pulumi, ``pkg/backend/display/json.go``)."""
STEP = {"op", "urn", "provider", "oldState", "newState", "diffReasons", "replaceReasons", "detailedDiff"}
"""Pulumi's PreviewStep."""

CHANGED = resource(
    "lake", "bucket", Op.UPDATE,
    provider="urn:pulumi:a-dev::mlops-iac::pulumi:providers:aws::default::id",
    old={"urn": "u", "custom": True, "type": "t", "inputs": {"tags": {}}},
    new={"urn": "u", "custom": True, "type": "t", "inputs": {"tags": {"owner": "b"}}},
    diff={"tags.owner": PropertyDiff(kind="add", new="b")},
)  # fmt: skip


def result(*steps, **fields) -> Result:
    return Result(**{"steps": steps, "changes": {}, "outputs": {}, "seconds": 1.5, **fields})


def recorded(name: str) -> dict[str, Any]:
    return json.loads((RECORDED / f"preview-{name}.json").read_text())


def kinds(value: Any) -> Any:
    """The shape of JSON: keys and types."""
    return {key: type(item).__name__ for key, item in value.items()}


@pytest.mark.parametrize("name", ["create", "update", "same"])
def test_pulumi_prints_only_what_we_know_of(name):
    body = recorded(name)
    assert set(body) <= DIGEST
    assert all(set(step) <= STEP for step in body["steps"])


def test_an_update_has_the_keys_and_types_of_pulumis():
    theirs = recorded("update")
    ours = result_json(result(CHANGED, changes={"update": 1, "same": 5}, config={"a": "b"}))
    assert kinds(ours) == kinds(theirs)
    real, mine = next(s for s in theirs["steps"] if s["op"] == "update"), ours["steps"][0]
    assert kinds(mine) == kinds(real)
    assert mine["diffReasons"] == real["diffReasons"] == ["tags"]
    assert {frozenset(change) for change in mine["detailedDiff"].values()} == {
        frozenset(change) for change in real["detailedDiff"].values()
    }


def test_a_created_resource_has_no_old_state_and_no_difference():
    theirs = next(s for s in recorded("create")["steps"] if s.get("provider"))
    ours = result_json(result(resource("lake", "bucket", provider="p", new={"inputs": {}})))["steps"][0]
    assert set(ours) == set(theirs)
    assert ours["detailedDiff"] is theirs["detailedDiff"] is None


def test_without_changes_only_the_stack_is_a_step():
    stack = Step(
        op=Op.SAME,
        urn="urn:pulumi:a::b::pulumi:pulumi:Stack::b-a",
        type="pulumi:pulumi:Stack",
        name="b-a",
        custom=False,
    )
    body = result_json(result(stack, resource("lake", "bucket", Op.SAME), changes={"same": 2}))
    assert [step["urn"] for step in body["steps"]] == [stack.urn]
    assert len(recorded("same")["steps"]) == 1
    assert body["changeSummary"] == {"same": 2}


def test_a_replacement_says_which_property_forces_it():
    step = resource(
        "lake", "bucket", Op.REPLACE,
        diff={"bucket": PropertyDiff(kind="update-replace", old="a", new="b"), "tags.x": PropertyDiff(kind="delete")},
        replace_reasons=("bucket",),
    )  # fmt: skip
    (body,) = result_json(result(step))["steps"]
    assert body["replaceReasons"] == ["bucket"]
    assert body["diffReasons"] == ["bucket", "tags"]
    assert body["detailedDiff"] == {
        "bucket": {"kind": "update-replace", "inputDiff": True},
        "tags.x": {"kind": "delete", "inputDiff": True},
    }


def test_secrets_are_words_and_unknowns_are_pulumis():
    step = resource("lake", "bucket", new={"inputs": {"token": Secret("hunter2"), "arn": UNKNOWN, "n": [Secret(1)]}})
    (body,) = result_json(result(step))["steps"]
    assert body["newState"]["inputs"] == {"token": "[secret]", "arn": UNKNOWN_TEXT, "n": ["[secret]"]}


def test_what_was_said_besides_is_a_diagnostic():
    told = [Diagnostic(severity="warning", message="Look here.", urn="u"), Diagnostic(severity="info", message="Hm.")]
    body = result_json(result(), diagnostics=told)
    assert body["diagnostics"] == [
        {"urn": "u", "message": "Look here.", "severity": "warning"},
        {"message": "Hm.", "severity": "info"},
    ]
    assert "diagnostics" not in result_json(result())


def test_an_operation_adds_how_it_ended_to_the_shape_of_a_preview():
    failure = StepFailed(step=CHANGED, error=CloudError("No.", "S3 says no.", call="s3:X", code="Y"), seconds=1)
    left = (resource("lake", "policy").urn,)
    body = operation_json(result(CHANGED, outcome="failed", failures=(failure,), left=left))
    assert set(body) - DIGEST == {"result", "outputs", "failures", "notDone"}
    (told,) = body["failures"]
    assert {key: told[key] for key in ("urn", "op", "call", "code")} == {
        "urn": CHANGED.urn, "op": "update", "call": "s3:X", "code": "Y",
    }  # fmt: skip
    assert told["error"] == {
        "kind": "CloudError", "exitCode": 4, "problems": [{"summary": "No.", "detail": "S3 says no."}],
    }  # fmt: skip
    assert body["notDone"] == list(left)
    assert json.loads(json.dumps(body)) == body
