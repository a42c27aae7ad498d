"""What must hold when the power goes between two system calls. Each was once a mutant that lived."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state import files, journal
from mlops_iac.engine.state.journal import append_folded, digest, read_lines
from mlops_iac.engine.state.lock import locked
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.secrets import PassphraseManager
from tests.engine.conftest import Stack
from tests.engine.programs import Thing


class PowerCut(BaseException):
    """Nothing that anybody catches."""


def one() -> None:
    Thing("a", label="a")


def test_a_new_file_is_on_the_disk_before_it_takes_the_old_ones_place_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def noted(name: str, real: Callable[..., Any], word: Callable[[Any], str]) -> None:
        def call(*arguments: Any) -> Any:
            told.append(word(arguments[0]))
            return real(*arguments)

        monkeypatch.setattr(files.os, name, call)

    noted("fsync", os.fsync, lambda file: "folder" if os.path.isdir(f"/proc/self/fd/{file}") else "file")
    noted("replace", os.replace, lambda source: "rename")
    files.write_file(tmp_path / "state.json", "{}")
    assert told == ["file", "rename", "folder"]


def test_a_cut_between_the_new_checkpoint_and_the_end_of_its_journal_loses_nothing(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.up(one)
    real = FileStore.write

    def write_and_stop(store: FileStore, name: str, text: str) -> None:
        real(store, name, text)
        raise PowerCut

    def protect() -> None:
        with stack.store.session("dev") as session:
            key = session.snapshot.find_key(stack.records()["a"].urn)
            assert key is not None
            session.journal.end(None, put={key: replace(session.snapshot.records[key], protect=True)})

    with monkeypatch.context() as cut:
        cut.setattr(FileStore, "write", write_and_stop)
        with pytest.raises(PowerCut):
            protect()
    assert stack.journal.exists()
    assert stack.records()["a"].protect
    stack.up(one)
    assert not stack.journal.exists()


def test_a_journal_whose_last_line_was_cut_off_can_be_told_to_be_folded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced, real = tmp_path / "dev.journal", [], os.fsync
    path.write_bytes(b'{"base": "x"}\n{"end": 1, "dr')

    def fsync(file: int) -> None:
        synced.append(path.read_bytes())
        real(file)

    monkeypatch.setattr(journal.os, "fsync", fsync)
    append_folded(path, "{}")
    assert synced == [path.read_bytes()], "on the disk before the checkpoint that it speaks of"
    lines = read_lines(path)
    assert (lines.whole, lines.lost) == ([{"base": "x"}, {"folded": digest("{}")}], [])


def test_after_a_sync_that_failed_nothing_more_is_promised(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may have thrown away what it could not write, and answers the next sync as if all were well."""
    stack.up(one)
    real, failures = os.fsync, [OSError(5, "Input/output error")]

    def fsync(file: int) -> None:
        if failures:
            raise failures.pop()
        real(file)

    snapshot, manager = stack.store.read("dev")
    written = journal.Journal(stack.root / "other.journal", snapshot, manager, "")
    monkeypatch.setattr(journal.os, "fsync", fsync)
    for _ in range(2):
        with pytest.raises(StateError, match="cannot be saved"):
            written.begin("updating", stack.records()["a"])


def test_looking_for_locks_and_taking_one_are_one_act(tmp_path: Path) -> None:
    """Two that look at the same moment would both find the stack free."""
    folder, taken = tmp_path / "locks", threading.Event()
    folder.mkdir()
    guard = os.open(tmp_path / ".locks.guard", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(guard, fcntl.LOCK_EX)  # somebody else is looking

    def take() -> None:
        with locked(folder, "dev"):
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    assert not taken.wait(0.3)
    assert list(folder.iterdir()) == []
    os.close(guard)
    thread.join(10)
    assert taken.is_set()


def test_no_two_stacks_share_a_salt_by_chance() -> None:
    """With the same passphrase and the same salt they would share a key, which is guessed once for both."""
    salts = {PassphraseManager.state_salt(PassphraseManager(lambda: "pass").state) for _ in range(3)}
    assert len(salts) == 3
    assert {len(salt) for salt in salts} == {8}


def test_a_copy_of_a_state_is_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_bytes(b"{\xff")
    files.copy_file(tmp_path / "dev.json", tmp_path / "copy.json")
    assert (tmp_path / "copy.json").read_bytes() == b"{\xff"
    assert (tmp_path / "copy.json").stat().st_mode & 0o777 == 0o600
