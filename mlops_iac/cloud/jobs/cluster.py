"""Several instances of one job on one machine: processes of their own, which reach each other by AWS's names.

Instances that are kept from the internet have networks of their own, joined by a bridge; each has its way to the
embedded cloud. Others are in the machine's network, at addresses of their own on its loopback: a port that one of them
listens on at all addresses is taken for the rest.
"""

from __future__ import annotations

import contextlib
import queue
import secrets
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from mlops_iac.cloud.jobs.instance import Instance
from mlops_iac.cloud.jobs.mounts import Bind, View, can_isolate
from mlops_iac.cloud.jobs.process import End, Outcome, Process
from mlops_iac.cloud.jobs.reach import Reach
from mlops_iac.core.script_mode import host_name

MASTER_PORT: Final = 7777
"""Where AWS's toolkit lets the processes of one training meet (torch_distributed.py, read 2026-11-29)."""
GRACE: Final = 5.0
"""Seconds that the other instances have to end when one has failed."""
NO_NAMES: Final = (
    "This machine does not allow private mount namespaces, so the names of the job's instances (algo-2) lead nowhere; "
    "all of them are at 127.0.0.1."
)
_START: Final = 30.0
"""Seconds that the bridge may take to come up."""
_SUBNET: Final = "10.0.0"
_SHELL: Final = Path(__file__).with_name("remote_shell.py")
_HOSTS: Final = Path("/etc/hosts")
_STAND: Final = "import signal; print('up', flush=True); signal.pause()"


class RemoteShell(NamedTuple):
    serve: list[str]
    """The command of an instance that works for the first one."""
    agent: str
    """What takes a host and a command, as ssh does."""


@dataclass(frozen=True)
class Place:
    """Where the instances of one job are to each other."""

    count: int = 1
    master_port: int = MASTER_PORT
    block: str = "127.0.1"
    """Their addresses begin so."""
    interface: str = "lo"
    bridge: int | None = None
    """The process that has the bridge between their networks."""

    @property
    def names(self) -> list[str]:
        return [host_name(each) for each in range(self.count)]

    def address(self, number: int) -> str:
        return f"{self.block}.{number + 1}"

    def plug(self, instance: Instance) -> tuple[int, str] | None:
        return (self.bridge, self.address(instance.number)) if self.bridge else None

    def hosts_file(self) -> str:
        own = [f"{self.address(each)}\t{name}" for each, name in enumerate(self.names)]
        return "\n".join(["127.0.0.1\tlocalhost", "::1\tlocalhost", *own, ""])

    def master(self, instance: Instance) -> str:
        """How an instance calls the first one."""
        return self.names[0] if self.resolves(instance) else "127.0.0.1"

    def resolves(self, instance: Instance) -> bool:
        return instance.workspace.view.private and _HOSTS.exists()

    def shown(self, instance: Instance) -> list[Bind]:
        """The file by which names lead to addresses."""
        if not self.resolves(instance):
            return []
        file = instance.workspace.aside / "hosts"
        file.write_text(self.hosts_file(), encoding="utf-8")
        return [(str(file), str(_HOSTS), "ro")]

    def remote_shell(self, instance: Instance) -> RemoteShell:
        """What stands for ssh on an instance."""
        view, port = instance.workspace.view, self.master_port + 1
        shutil.copy(_SHELL, view.root / "home" / _SHELL.name)
        script = f"{view.home}/{_SHELL.name}"
        address = instance.name if self.resolves(instance) else "127.0.0.1"
        python = f"python3 -I {script}"
        return RemoteShell(["/bin/sh", "-c", f"exec {python} serve {address} {port}"], f"{python} {port}")


@contextlib.contextmanager
def place(count: int, reach: Reach) -> Iterator[Place]:
    """Where a job's instances are while they run. Raises OSError when their networks cannot be joined."""
    if count == 1:
        yield Place()
    elif reach.internet or not can_isolate():
        yield Place(count, _free_port(), f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(255)}")
    else:
        with _bridge() as process:
            yield Place(count, block=_SUBNET, interface="eth0", bridge=process)


@contextlib.contextmanager
def _bridge() -> Iterator[int]:
    """A network that instances are plugged into; answers the process that has it."""
    up, said = threading.Event(), list[str]()

    def on_line(line: str) -> None:
        said.append(line)
        up.set()

    program = [sys.executable, "-I", "-S", "-c", _STAND]
    process = Process(View(Path("/"), private=False).command(program, "/", network="bridge"), {}, on_line, grace=0)
    process.start()
    try:
        if not up.wait(_START) or said != ["up"]:
            raise OSError(f"this machine joins no networks by a bridge: {' '.join(said)}")
        yield process.pid
    finally:
        process.stop(grace=0)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def run_all(processes: Mapping[Instance, Process], timeout: float | None) -> tuple[Instance, Outcome]:
    """Wait until all have ended; answers how the first did, or the one that failed, with which the others end."""
    limit = None if timeout is None else time.monotonic() + timeout
    ended: queue.SimpleQueue[tuple[Instance, Outcome]] = queue.SimpleQueue()

    def wait(instance: Instance, process: Process) -> None:
        ended.put((instance, process.wait(None if limit is None else max(0.0, limit - time.monotonic()))))

    for each in processes.items():
        threading.Thread(target=wait, args=each, name="job instance", daemon=True).start()
    worst: tuple[Instance, Outcome] | None = None
    for _ in processes:
        instance, outcome = ended.get()
        if worst is None or (worst[1] == Outcome(End.EXITED, 0) and outcome != worst[1]):
            worst = instance, outcome
        if outcome.end is End.EXITED and outcome.code != 0:
            for other in processes:
                other.stop(GRACE)
    assert worst is not None
    return worst
