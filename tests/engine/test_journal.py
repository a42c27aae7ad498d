"""What a journal promises about the disk, and what is compared of files. Each was once a mutant that lived."""

from __future__ import annotations

import os
from typing import Any

import pulumi
import pytest

from mlops_iac.engine.deciding.diff import diff
from mlops_iac.engine.state import journal, state_store
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.value import Archive, Asset, Secret
from tests.engine.conftest import Stack
from tests.engine.programs import Thing


def test_no_call_is_made_before_its_line_is_on_the_disk(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    real, called = os.fsync, stack.cloud.called

    def fsync(file: int) -> None:
        told.append("synced")
        real(file)

    def call(kind: str, label: str) -> None:
        told.append(kind)
        called(kind, label)

    monkeypatch.setattr(journal.os, "fsync", fsync)
    monkeypatch.setattr(stack.cloud, "called", call)
    stack.up(lambda: Thing("a", label="a"))
    at = told.index("create")
    assert told[at - 1] == "synced", "the pending line"
    assert "synced" in told[at + 1 :], "and what came of it"


def test_half_a_line_on_a_full_disk_leaves_the_whole_ones_readable(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stack.root / "half.journal"
    path.write_bytes(b'{"base": "x"}\n')
    file = os.open(path, os.O_WRONLY)
    real, writes = os.write, []

    def write(target: int, data: bytes) -> int:
        writes.append(data)
        if len(writes) > 1:
            raise OSError(28, "No space left on device")
        return real(target, data[: len(data) // 2])

    monkeypatch.setattr(journal.os, "write", write)
    with pytest.raises(OSError, match="No space"):
        journal._write_all(file, b'{"end": 1, "drop": [1]}\n')
    monkeypatch.undo()
    os.close(file)
    assert len(writes) == 2
    assert path.read_bytes() == b'{"base": "x"}\n'


def test_the_newest_backups_are_the_ones_that_are_kept(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_store, "BACKUPS_KEPT", 3)
    for number in range(6):
        stack.up(lambda number=number: Thing("a", label="a", number=number))  # type: ignore[misc]
    kept = sorted((stack.root / ".pulumi/backups/lab/dev").glob("dev.*.json"))
    assert [f'"number": {number}' in path.read_text() for number, path in zip((3, 4, 5), kept, strict=True)] == [
        True
    ] * 3


def test_a_secret_in_a_journal_that_was_never_folded_can_be_read(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The salt is in the journal before the first line that needs it."""
    with monkeypatch.context() as broken:
        broken.setattr(state_store.Session, "_fold", lambda self: None)
        broken.setattr(state_store.Session, "conclude", lambda self, entry: None)
        stack.up(lambda: Thing("a", label="a", word=pulumi.Output.secret("swordfish")))
    assert stack.journal.exists()
    fresh, _ = FileStore(stack.root, "lab", lambda: "pass").read("dev")
    (thing,) = [record for record in fresh if record.name == "a"]
    assert thing.inputs["word"] == Secret("swordfish")
    assert "swordfish" not in stack.journal.read_text()


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        (Asset(path="a", hash="1"), Asset(path="b", hash="1"), False),
        (Asset(path="a", hash="1"), Asset(path="a", hash="2"), True),
        (Asset(uri="https://a"), Asset(uri="https://b"), True),
        (Asset(uri="https://a"), Asset(uri="https://a"), False),
        (Asset(path="a", hash="1"), Archive(path="a", hash="1"), True),
        (Asset(path="a", hash="1"), Asset(path="a", hash=""), True),
    ],
)
def test_a_file_is_changed_when_its_content_is(old: Any, new: Any, changed: bool) -> None:
    assert bool(diff({"source": old}, {"source": new})) is changed
