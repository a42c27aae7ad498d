from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from mlops_iac.core.errors import StackNotFound, StateError
from mlops_iac.engine.state.lock import locked
from mlops_iac.engine.state.state_store import BACKUPS_KEPT
from tests.engine.conftest import Stack
from tests.engine.programs import Thing


def one() -> None:
    Thing("a", label="a")


def lock_of(stack: Stack, **fields: object) -> Path:
    folder = stack.root / ".pulumi/locks/organization/lab/dev"
    folder.mkdir(parents=True, exist_ok=True)
    holder = {
        "pid": os.getpid(),
        "username": "ann",
        "hostname": socket.gethostname(),
        "timestamp": "2999-01-01T00:00:00Z",
        **fields,
    }
    path = folder / "0b1c.json"
    path.write_text(json.dumps(holder))
    return path


def a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_layout_is_that_of_a_pulumi_file_backend(stack: Stack) -> None:
    stack.up(one)
    home = stack.root / ".pulumi"
    assert (home / "meta.yaml").read_text() == "version: 1\n"
    assert (home / "stacks/lab/dev.json").exists()
    history = sorted(path.name.split(".", 1)[1] for path in (home / "history/lab/dev").iterdir())
    assert history == ["checkpoint.json", "history.json"]
    assert len(list((home / "backups/lab/dev").iterdir())) == 1
    assert not stack.journal.exists()
    assert list((home / "locks/organization/lab/dev").iterdir()) == []


def test_only_the_owner_may_read_the_state(stack: Stack) -> None:
    stack.up(one)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (stack.root / ".pulumi").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_history_tells_what_was_done_as_pulumi_does(stack: Stack) -> None:
    stack.up(one)
    path = next((stack.root / ".pulumi/history/lab/dev").glob("*.history.json"))
    entry = json.loads(path.read_text())
    assert (entry["kind"], entry["result"], entry["resourceChanges"]) == ("update", "succeeded", {"create": 2})
    assert entry["config"]["fake:region"] == "eu-west-1"
    assert list(entry["config"]["lab:token"]) == ["secure"]
    recorded = {"kind", "startTime", "message", "environment", "config", "version", "result", "endTime"}
    assert recorded <= set(entry)


def test_the_checkpoint_before_is_kept(stack: Stack) -> None:
    stack.up(one)
    before = stack.file.read_text()
    stack.up(lambda: Thing("a", label="a", size=1))
    assert stack.file.with_suffix(".json.bak").read_text() == before


def test_backups_do_not_grow_for_ever(stack: Stack) -> None:
    for size in range(BACKUPS_KEPT + 3):
        stack.up(lambda size=size: Thing("a", label="a", size=size))  # type: ignore[misc]
    assert len(list((stack.root / ".pulumi/backups/lab/dev").iterdir())) == BACKUPS_KEPT


def test_stacks_are_listed_found_and_removed(stack: Stack) -> None:
    assert stack.store.stacks() == []
    assert stack.store.find("dev") is None
    stack.up(one)
    assert stack.store.stacks() == ["dev"]
    with pytest.raises(StateError, match="not empty"):
        stack.store.remove("dev")
    stack.deployment.destroy()
    stack.store.remove("dev")
    assert stack.store.stacks() == []


def test_a_stack_that_is_not_there_is_met_with_the_nearest_name(stack: Stack) -> None:
    stack.up(one)
    with pytest.raises(StackNotFound) as raised:
        stack.store.get("dov")
    assert "did you mean `dev`" in str(raised.value)


def test_a_lock_of_a_running_process_says_who_and_since_when(stack: Stack) -> None:
    lock_of(stack)
    with pytest.raises(StateError) as raised:
        stack.up(one)
    for words in (str(os.getpid()), "ann", socket.gethostname(), "2999-01-01"):
        assert words in str(raised.value)
    assert stack.cloud.calls == []


def test_a_lock_of_a_dead_process_is_freed(stack: Stack) -> None:
    path = lock_of(stack, pid=a_dead_process())
    assert stack.up(one).outcome == "succeeded"
    assert not path.exists()


def test_a_lock_that_somebody_deleted_meanwhile_is_no_trouble(stack: Stack) -> None:
    def without_lock(label: str) -> None:
        for path in stack.root.glob(".pulumi/locks/**/*.json"):
            path.unlink()

    stack.cloud.created = without_lock
    assert stack.up(one).outcome == "succeeded"
    assert stack.up(one).changes == {"same": 2}


def test_a_lock_of_a_process_whose_number_was_given_away_is_freed(stack: Stack) -> None:
    """Nobody keeps the file locked, so whoever has the number now is not the one who took the lock."""
    path = lock_of(stack, pid=os.getppid(), flock=True)
    assert stack.up(one).outcome == "succeeded"
    assert not path.exists()


def test_a_live_lock_holds_whatever_the_clocks_say(stack: Stack) -> None:
    """A suspended process, or one whose entry in /proc was made anew, is still the holder."""
    with locked(stack.root / ".pulumi/locks/organization/lab/dev", "dev"):
        (path,) = stack.root.glob(".pulumi/locks/**/*.json")
        holder = json.loads(path.read_text())
        assert holder["flock"] is True
        with path.open("r+") as file:  # as if it had been taken long before this process began
            file.write(json.dumps({**holder, "timestamp": "2001-01-01T00:00:00Z", "pid": a_dead_process()}))
            file.truncate()
        with pytest.raises(StateError, match="locked"):
            stack.up(one)
    assert stack.up(one).outcome == "succeeded"


def test_a_killed_process_frees_its_lock_at_once(stack: Stack) -> None:
    folder = stack.root / ".pulumi/locks/organization/lab/dev"
    take = "import sys, time; from pathlib import Path; from mlops_iac.engine.state.lock import locked\n"
    take += "with locked(Path(sys.argv[1]), 'dev'): print('held', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", take, str(folder)], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(StateError, match="locked"):
        stack.up(one)
    process.kill()
    process.communicate()
    assert stack.up(one).outcome == "succeeded"


def test_a_file_system_without_locks_falls_back_to_the_process(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    flock, folder = fcntl.flock, stack.root / ".pulumi/locks/organization/lab/dev"

    def refuse(file: int, how: int) -> None:
        if how & fcntl.LOCK_NB:
            raise OSError(errno.ENOLCK, "No locks available")
        flock(file, how)

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(folder, "dev"):
        (path,) = folder.glob("*.json")
        assert json.loads(path.read_text())["flock"] is False
        with pytest.raises(StateError, match="locked"):
            stack.up(one)


def test_a_lock_of_the_pulumi_cli_holds_while_there_is_a_process_of_its_number(stack: Stack) -> None:
    lock_of(stack, pid=os.getppid(), timestamp="2001-01-01T00:00:00Z")
    with pytest.raises(StateError, match="locked"):
        stack.up(one)


def test_a_lock_from_another_machine_holds(stack: Stack) -> None:
    lock_of(stack, hostname="elsewhere", pid=a_dead_process())
    with pytest.raises(StateError, match="locked"):
        stack.up(one)


def test_a_lock_that_says_nothing_holds(stack: Stack) -> None:
    lock_of(stack).write_text("half a li")
    with pytest.raises(StateError, match="locked"):
        stack.up(one)


def test_a_preview_needs_no_lock(stack: Stack) -> None:
    stack.up(one)
    lock_of(stack)
    assert stack.preview(one).outcome == "succeeded"


def test_saving_a_step_does_not_grow_with_the_state(stack: Stack) -> None:
    """What is written per step is one line about one resource, whatever else there is."""

    def many(count: int) -> object:
        return lambda: [Thing(f"t{index}", label=f"t{index}") for index in range(count)]

    written: list[int] = []
    stack.cloud.created = lambda label: written.append(stack.journal.stat().st_size)
    stack.parallel = 1
    stack.up(many(40))  # type: ignore[arg-type]
    steps = [after - before for before, after in pairwise(written[5:])]
    assert max(steps) < 2 * min(steps)


def test_a_folder_that_cannot_be_written_is_named(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("mlops_iac.engine.state.files.Path.mkdir", read_only)
    with pytest.raises(StateError) as raised:
        stack.up(one)
    assert "Read-only file system" in str(raised.value)
    assert stack.cloud.calls == []


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_write_that_fails_at_any_system_call_leaves_the_old_state(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    stack.up(one)
    store = stack.store
    before = stack.file.read_text()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(f"mlops_iac.engine.state.files.os.{call}", fail)
        with pytest.raises(StateError, match="cannot be saved"):
            store.write("dev", "{}")
    assert stack.file.read_text() == before
    assert not list(stack.file.parent.glob("*.tmp"))
    assert not list(stack.file.parent.glob(".*.tmp"))
