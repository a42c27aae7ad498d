"""A machine that can die: the fake cloud and the disk, with faults at chosen moments.

A process that is killed leaves two things: what the cloud has, and what the disk has. So "to die" here is to copy the
disk at that moment, to let no later call reach the cloud, and, when the engine has come back from wherever it was, to
put the copy in the disk's place. Nothing that the engine does after its death counts, whatever it catches.
Moments are counted over calls of the cloud (before and after each) and over system calls that change files.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props
from tests.engine.fake_provider import FakeCloud, FakeHandler
from tests.engine_random.parts import Fault

NOBODY = 2**22 + 1
"""A process number that Linux never gives."""

REFUSALS = {
    "refuse": CloudError("Denied.", "This call is refused by the test.", code="AccessDenied"),
    "break": CloudError("Broken.", "The cloud failed.", code="InternalFailure", unsure=True),
    "lose": CloudError("Lost.", "The answer never came.", code="ConnectionClosedError", unsure=True),
}
CHANGES = ("create", "update", "delete")


class Dead(Exception):
    """The process is no more."""


class Handler(FakeHandler):
    """As the fake one, but an update takes away what the program no longer gives."""

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        self.cloud.called("update", id)
        if id not in self.cloud.things:
            raise CloudError("Gone.", f"`{id}` does not exist.", code="NotFound")
        kept = {key: self.cloud.things[id][key] for key in ("region", "made")}
        self.cloud.put(id, {**new, **kept})
        return self._outputs(id)


class Machine(FakeCloud):
    """The provider, and the keeper of the disk at ``root``."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.died = False
        """Whether it is dead in the operation that goes on."""
        self.crashed = False
        """Whether it died in the last one."""
        self._fault: Fault | None = None
        self._moment = 0
        self._counting = threading.RLock()

    @contextmanager
    def suffering(self, fault: Fault | None) -> Iterator[None]:
        """For one operation. Afterwards, if it died, the disk is as it was at that moment."""
        self.died, self._fault, self._moment = False, fault, 0
        try:
            with self._watched_disk():
                yield
        finally:
            self.crashed, self.died, self._fault = self.died, False, None
            if self.crashed:
                shutil.rmtree(self.root)
                self._copy.rename(self.root)
                self._forget_the_process()

    def in_a_child(self, operation: Callable[[], object]) -> None:
        """Run an operation in a process that can be killed; afterwards the cloud is as that process left it."""
        self._file = self.root.with_name("cloud.json")
        self._save()
        child = os.fork()
        if child == 0:
            try:
                operation()
            finally:
                os._exit(0)
        try:
            os.waitpid(child, 0)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        self.things, self._file = json.loads(self._file.read_text()), None
        self._suffix += 1000  # the child gave out names that this process does not know

    def handler(self, type: str) -> FakeHandler:
        super().handler(type)
        return Handler(self, type)

    # The cloud ----------------------------------------------------------------------------------------------------

    def called(self, call: str, label: str) -> None:
        self._live()
        super().called(call, label)
        if call in CHANGES and self._is_now("refuse", "break"):
            raise REFUSALS[self._kind]
        if self._is_now("stop"):
            os.kill(os.getpid(), signal.SIGINT)
        self._tick()

    def put(self, label: str, thing: Mapping[str, Any]) -> None:
        with self._counting:
            self._live()
            super().put(label, thing)
        self._changed()

    def drop(self, label: str) -> None:
        with self._counting:
            self._live()
            super().drop(label)
        self._changed()

    def _changed(self) -> None:
        self._tick()
        if self._is_now("lose"):
            raise REFUSALS["lose"]

    def _live(self) -> None:
        if self.died:
            raise Dead

    @property
    def _kind(self) -> str:
        return self._fault.kind if self._fault else ""

    def _is_now(self, *kinds: str) -> bool:
        """Count one moment of a fault of these kinds; True when it is the fault's own."""
        if self._fault is None or self._kind not in kinds:
            return False
        with self._counting:
            self._moment += 1
            return self._moment - 1 == self._fault.at

    # The disk -----------------------------------------------------------------------------------------------------

    @property
    def _copy(self) -> Path:
        return self.root.with_name(self.root.name + ".copy")

    def _tick(self) -> bool:
        """One moment passes; True when the process has died in it."""
        if self._fault is None or self._fault.kind not in ("die", "kill", "full"):
            return False
        with self._counting:
            self._moment += 1
            if self._fault.kind == "kill" and self._moment - 1 == self._fault.at:
                os.kill(os.getpid(), signal.SIGKILL)
            if self._fault.kind == "die" and self._moment - 1 == self._fault.at and not self.died:
                self.died = True
                shutil.copytree(self.root, self._copy)
                return True
            return False

    def _is_full(self) -> bool:
        return self._fault is not None and self._fault.kind == "full" and self._moment > self._fault.at

    def _forget_the_process(self) -> None:
        """Locks of a dead process carry a number that nobody has."""
        for path in self.root.glob(".pulumi/locks/**/*.json"):
            path.write_text(json.dumps({**json.loads(path.read_text()), "pid": NOBODY}))

    @contextmanager
    def _watched_disk(self) -> Iterator[None]:
        """Take the place of the system calls by which files change, for as long as the operation lasts."""
        real = {name: getattr(os, name) for name in ("write", "fsync", "replace", "rename", "unlink")}

        def write(file: int, data: bytes) -> int:
            self._raise_if_full()
            if self._next_is_the_end():  # the kill comes in the middle of the line
                half = len(data) // 2
                written = int(real["write"](file, data[:half])) if half else 0
                self._tick()
                return written + int(real["write"](file, data[half:]))
            self._tick()
            return int(real["write"](file, data))

        def fsync(file: int) -> None:
            """The disk of a test need not turn."""
            self._raise_if_full()
            self._tick()

        def counted(name: str) -> Callable[..., Any]:
            def call(*arguments: Any, **more: Any) -> Any:
                self._tick()
                return real[name](*arguments, **more)

            return call

        try:
            os.write, os.fsync = write, fsync  # type: ignore[assignment]
            for name in ("replace", "rename", "unlink"):
                setattr(os, name, counted(name))
            yield
        finally:
            for name, function in real.items():
                setattr(os, name, function)

    def _next_is_the_end(self) -> bool:
        return self._fault is not None and self._fault.kind in ("die", "kill") and self._moment == self._fault.at

    def _raise_if_full(self) -> None:
        with self._counting:
            if self._fault and self._fault.kind == "full":
                self._moment += 1
        if self._is_full():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
