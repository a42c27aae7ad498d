"""Disks that are full, read-only or damaged: nothing is lost, no call is made that could not be recorded."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mlops_iac.core.errors import StateError
from tests.engine.conftest import Stack, errors
from tests.engine.programs import Box, Thing


def program() -> None:
    box = Box("box")
    here = pulumi.ResourceOptions(parent=box)
    a = Thing("a", here, label="a", word=pulumi.Output.secret("x"))
    b = Thing("b", here, label="b", source=a.arn)
    Thing("c", here, label="c", source=b.arn)
    box.register_outputs({})
    pulumi.export("arn", b.arn)


class Disk:
    """A disk that is full from the n-th system call on that changes it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, full_from: int, call: str) -> None:
        self.count = 0
        real = getattr(os, call)

        def limited(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count > full_from:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **options)

        monkeypatch.setattr(f"mlops_iac.engine.state.files.os.{call}", limited)


def fill(stack: Stack, monkeypatch: pytest.MonkeyPatch, moment: int, call: str) -> tuple[Disk, str, list[Any]]:
    """An `up` on a disk that fills. Answers the disk, what was said, and the calls made to the cloud."""
    with monkeypatch.context() as patched:
        disk = Disk(patched, moment, call)
        try:
            result = stack.up(program)
            said = f"{result.error}\n" + "\n".join(errors(result))
        except StateError as error:
            said = str(error)
    return disk, said, stack.cloud.changing_calls()


@pytest.mark.parametrize("call", ["fsync", "write", "replace"])
def test_a_disk_that_fills_at_any_moment_loses_nothing_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    moment = 0
    while True:
        stack = Stack(tmp_path / str(moment))
        stack.parallel = 1
        disk, said, calls = fill(stack, monkeypatch, moment, call)
        if disk.count <= moment:
            break
        assert "No space left on device" in said
        if "dev" in stack.store.stacks():
            known = {record.id for record in stack.store.get("dev") if record.custom}
            known |= {pending.record.inputs["label"] for pending in stack.store.get("dev").pending.values()}
            assert set(stack.cloud.things) <= known
        else:
            assert calls == []
        assert stack.up(program).outcome == "succeeded"
        assert set(stack.cloud.things) == {"a", "b", "c"}
        assert stack.up(program).changes == {"same": 5}
        moment += 1
    assert moment > 5 or call == "replace"


def test_after_a_line_that_could_not_be_written_no_call_is_made(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The create of ``a`` is carried out, its end cannot be written: ``b`` and ``c`` are not begun."""
    stack.parallel = 1
    stack.up(lambda: Thing("old", label="old"))
    full: list[None] = []
    stack.cloud.created = lambda label: full.append(None)
    real = os.write

    def write(file: int, data: bytes) -> int:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data)

    with monkeypatch.context() as patched:
        patched.setattr("mlops_iac.engine.state.journal.os.write", write)
        result = stack.up(program)
    assert stack.cloud.calls == [("create", "a")]
    assert "No space left on device" in str(result.error)
    assert f"The last good state is {stack.file}" in str(result.error)
    assert [pending.record.name for pending in stack.store.get("dev").pending.values()] == ["a"]
    assert stack.up(program).outcome == "succeeded"
    assert stack.cloud.calls[0] == ("find", "a")
    assert ("create", "a") not in stack.cloud.calls


def test_a_read_only_disk_is_told_before_the_first_call(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.up(lambda: Thing("old", label="old"))
    real = os.open

    def read_only(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", read_only)
        with pytest.raises(StateError, match="cannot be saved") as raised:
            stack.up(program)
        assert "Read-only file system" in str(raised.value)
        assert stack.preview(program).outcome == "succeeded", "a preview writes nothing"
    assert stack.cloud.calls == []


def half(text: str) -> str:
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    "damage",
    [half, lambda text: "", lambda text: "\x00\x01noise", lambda text: "[]"],
    ids=["half", "empty", "noise", "list"],
)
def test_a_damaged_state_is_refused_by_every_operation_and_the_newest_good_copy_is_named(
    stack: Stack, damage: Any
) -> None:
    stack.up(program)
    copy = max((stack.root / ".pulumi/backups/lab/dev").glob("*.json"))
    stack.file.write_text(damage(stack.file.read_text()))
    before = stack.file.read_bytes()
    stack.cloud.calls.clear()
    for operation in (
        lambda: stack.up(program),
        lambda: stack.preview(program),
        stack.destroy,
        stack.deployment.refresh,
    ):
        with pytest.raises(StateError, match="damaged") as raised:
            operation()
        assert str(copy) in raised.value.hint
    assert stack.file.read_bytes() == before
    assert stack.cloud.calls == []
    stack.file.write_text(copy.read_text())
    assert stack.up(program).changes == {"same": 5}


def test_a_state_of_a_newer_version_is_refused(stack: Stack) -> None:
    stack.up(program)
    stack.file.write_text(stack.file.read_text().replace('"version": 3', '"version": 99'))
    with pytest.raises(StateError, match="newer"):
        stack.up(program)
