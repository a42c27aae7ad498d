"""Checkpoints of earlier Pulumi versions are read, and written as the newest."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state import state_file
from tests.engine.conftest import Stack, ops
from tests.engine.programs import Thing

HEAD = "urn:pulumi:dev::lab::"


def resources(version: int) -> list[dict[str, Any]]:
    """A stack with two things, the second needing the first, as each version wrote it."""
    provider = {"provider": f"{HEAD}pulumi:providers:fake::default::a1"} if version > 1 else {}
    first = {
        "urn": f"{HEAD}fake:index:Thing::first", "custom": True, "id": "first", "type": "fake:index:Thing",
        "inputs": {"label": "first"}, "outputs": {"label": "first"}, **provider,
    }  # fmt: skip
    second = {
        **first, "urn": f"{HEAD}fake:index:Thing::second", "id": "second",
        "inputs": {"label": "second", "of": "first"}, "outputs": {"label": "second"}, "dependencies": [first["urn"]],
    }  # fmt: skip
    made = [first, second]
    if version < 2:
        made = [{**fields, "defaults": {"size": 1}} for fields in made]
    stack = {"urn": f"{HEAD}pulumi:pulumi:Stack::lab-dev", "custom": False, "type": "pulumi:pulumi:Stack"}
    if version > 1:
        fake = {
            "urn": f"{HEAD}pulumi:providers:fake::default",
            "custom": True,
            "id": "a1",
            "type": "pulumi:providers:fake",
        }
        return [stack, fake, *made]
    return [stack, *made]


def checkpoint(version: int) -> str:
    inside = {"stack": "dev", "config": {}, "latest": {"manifest": {}, "resources": resources(version)}}
    return json.dumps({"version": version, "checkpoint": inside} if version else inside)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_every_input_is_taken_to_need_all_that_the_resource_needs(version: int) -> None:
    snapshot, _ = state_file.parse(checkpoint(version), lambda: "", place="dev.json")
    second = next(record for record in snapshot if record.name == "second")
    needed = [f"{HEAD}fake:index:Thing::first"]
    assert second.property_dependencies == {"label": needed, "of": needed}
    assert second.dependencies == tuple(needed)
    assert "defaults" not in second.extra


@pytest.mark.parametrize("version", [0, 1, 2])
def test_it_is_written_as_the_newest_version(version: int) -> None:
    snapshot, manager = state_file.parse(checkpoint(version), lambda: "", place="dev.json")
    written = json.loads(state_file.render(snapshot, manager, project="lab", stack="dev"))
    assert written["version"] == 3
    assert [fields["urn"] for fields in written["checkpoint"]["latest"]["resources"]] == [
        fields["urn"] for fields in resources(version)
    ]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_program_goes_on_from_it_and_makes_nothing_twice(version: int, stack: Stack) -> None:
    def program() -> None:
        first = Thing("first", label="first")
        Thing("second", label="second", of=first.label)

    for label in ("first", "second"):
        stack.cloud.put(label, {"label": label})
    stack.file.parent.mkdir(parents=True, exist_ok=True)
    stack.file.write_text(checkpoint(version))
    assert [op for op in ops(stack.preview(program)) if "create" in op or "delete" in op] == []


def test_an_operation_that_was_cut_off_is_read_too() -> None:
    document = json.loads(checkpoint(2))
    latest = document["checkpoint"]["latest"]
    latest["pending_operations"] = [{"resource": latest["resources"][-1], "type": "creating"}]
    snapshot, _ = state_file.parse(json.dumps(document), lambda: "", place="dev.json")
    assert [pending.record.name for pending in snapshot.pending.values()] == ["second"]


@pytest.mark.parametrize("text", ['{"stack": "dev"}', '{"version": 0}', '{"version": null, "latest": []}'])
def test_a_document_without_a_version_and_a_deployment_is_damaged(text: str) -> None:
    with pytest.raises(StateError):
        state_file.parse(text, lambda: "", place="dev.json")
