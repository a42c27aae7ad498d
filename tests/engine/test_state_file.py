from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state import state_file
from mlops_iac.engine.values.value import Archive, Asset, Reference, Secret
from tests.engine.conftest import Stack
from tests.engine.programs import Thing

TEXT = (Path(__file__).parent / "recorded/checkpoint.json").read_text()


def parse(text: str) -> Any:
    return state_file.parse(text, lambda: "pass", place="dev.json")


def test_what_the_real_pulumi_wrote_is_written_back_as_it_was() -> None:
    """Secrets included: they are not even decrypted for it, so that no ciphertext changes."""
    snapshot, manager = parse(TEXT)
    written = json.loads(state_file.render(snapshot, manager, project="mlops-iac", stack="screening-dev"))
    recorded = json.loads(TEXT)
    written["checkpoint"]["latest"]["manifest"]["time"] = recorded["checkpoint"]["latest"]["manifest"]["time"]
    assert written == recorded


def test_the_secret_of_the_recorded_stack_can_be_read(real_keys: None) -> None:
    snapshot, _ = parse(TEXT)
    stack = next(record for record in snapshot if record.is_stack)
    assert stack.outputs["token"] == Secret("hunter2")


def test_fields_that_we_do_not_know_are_kept() -> None:
    document = json.loads(TEXT)
    document["checkpoint"]["latest"]["resources"][0]["sourcePosition"] = "project:///x.py#1"
    snapshot, manager = parse(json.dumps(document))
    written = json.loads(state_file.render(snapshot, manager, project="mlops-iac", stack="screening-dev"))
    assert written["checkpoint"]["latest"]["resources"][0]["sourcePosition"] == "project:///x.py#1"


@pytest.mark.parametrize(
    "value",
    [Asset(text="a", hash="1"), Archive(path="/x", hash="2"), Reference("urn:a", "id"), [1, {"a": None}]],
    ids=repr,
)
def test_values_with_no_plain_form_come_back(value: Any) -> None:
    _, manager = parse(TEXT)
    encode, decode = state_file.encoder(manager), state_file.decoder(manager)
    assert decode(json.loads(json.dumps(encode({"value": value})))) == {"value": value}


def broken(**changes: Any) -> str:
    document = json.loads(TEXT)
    document["checkpoint"]["latest"].update(changes)
    return json.dumps(document)


URN = "urn:pulumi:dev::lab::fake:index:Thing::a"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a whole checkpoint"),
        (TEXT[: len(TEXT) // 2], "not a whole checkpoint"),
        ("[]", "not a whole checkpoint"),
        ("\0\1noise", "not a whole checkpoint"),
        ('{"version": 4, "checkpoint": {}}', "newer than this program"),
        ('{"version": 4, "features": ["views"], "checkpoint": {}}', "It needs views."),
        ('{"version": "x", "checkpoint": {}}', "version 'x' is not known"),
        ('{"version": -1, "checkpoint": {}}', "version -1 is not known"),
        ('{"version": 2, "checkpoint": {"latest": {"resources": [1]}}}', "not complete"),
        (broken(resources=[{"urn": "nonsense", "type": "x"}]), "not complete"),
        (broken(secrets_providers={"type": "awskms"}), "`awskms`"),
        (broken(resources=[{"urn": URN}]), "not complete"),
        (broken(resources=[{"urn": URN, "type": "x"}, {"urn": URN, "type": "x"}]), "twice"),
        (broken(resources=[{"urn": URN, "type": "x", "parent": URN + "b"}]), "is not in it"),
        (broken(resources=[{"urn": URN, "type": "x", "dependencies": [URN]}]), "need each other"),
    ],
)
def test_a_damaged_state_is_refused_in_plain_words(text: str, words: str) -> None:
    with pytest.raises(StateError) as raised:
        parse(text)
    assert words in str(raised.value)
    assert "dev.json" in str(raised.value)


def test_a_damaged_state_is_left_as_it_is(stack: Stack) -> None:
    stack.up(lambda: Thing("a", label="a"))
    stack.file.write_text(TEXT[:500])
    for operation in (stack.preview, stack.up):
        with pytest.raises(StateError):
            operation(lambda: Thing("a", label="a"))
    assert stack.file.read_text() == TEXT[:500]
    assert set(stack.cloud.things) == {"a"}
