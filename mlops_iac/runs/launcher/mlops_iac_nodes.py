"""The nodes of one job of AWS Batch: they meet at the main one, know each other by SageMaker's names, and end together.

Batch starts the main node first, tells the others its address, and looks at how the main one ends, whatever the others
do. SageMaker tells all instances all names, waits for all of them, and fails the job when one fails. So each node tells
the main one its address and, at the end, why it failed; a node that is gone without a word has failed, too.
Standard library only, Python 3.9 or newer.

https://docs.aws.amazon.com/batch/latest/userguide/mnp-env-vars.html
https://docs.aws.amazon.com/batch/latest/userguide/job-lifecycle.html
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import mlops_iac_script_mode as script_mode  # type: ignore[import-not-found]

COUNT, INDEX = "AWS_BATCH_JOB_NUM_NODES", "AWS_BATCH_JOB_NODE_INDEX"
MAIN = "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"
"""Where the main node is; the main node itself does not have it."""
JOB = "AWS_BATCH_JOB_ID"
ADDRESS, PORT = "MLOPS_IAC_NODE_ADDRESS", "MLOPS_IAC_MASTER_PORT"
SSH, SSHD = "MLOPS_IAC_SSH", "MLOPS_IAC_SSHD"
"""Set by the embedded cloud, whose nodes are on one machine that has no ssh."""
MASTER_PORT = 7777
"""Where AWS's toolkit lets the processes of one training meet; nodes meet two further on."""
START = 1800.0
"""Seconds until the others have fetched their image and started."""
LOOK = 0.2
HOSTS = Path("/etc/hosts")
SSHD_COMMAND = '/bin/sh -c "mkdir -p /run/sshd && exec /usr/sbin/sshd -D"'
SSH_COMMAND = "ssh -o StrictHostKeyChecking=no -o LogLevel=ERROR"
SSH_PORT = 22


class Nodes:
    """All nodes of a job, seen from one of them; of most jobs there is only this one."""

    def __init__(self, addresses: Sequence[str] = ("127.0.0.1",), number: int = 0) -> None:
        self.addresses, self.number = list(addresses), number
        self.named = write_names(self.addresses)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    @property
    def count(self) -> int:
        return len(self.addresses)

    @property
    def name(self) -> str:
        return str(script_mode.host_name(self.number))

    @property
    def interface(self) -> str:
        return "lo" if self.count == 1 else interface_of(self.addresses[self.number])

    @property
    def places(self) -> list[str]:
        """How to call each: by its name, where names lead somewhere."""
        names = [str(script_mode.host_name(number)) for number in range(self.count)]
        return names if self.named else self.addresses

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """The script of this node runs; what told it to stop may have come before."""
        self._process = process
        if self._stopped:
            process.terminate()

    def verdict(self, code: int) -> tuple[int, str]:
        """How this node has done, given its script's exit code, and why if that is not the script's to say."""
        return code, ""

    def end(self, reason: str) -> None:
        """This node has ended; ``reason`` is empty when all went well."""

    def _stop(self) -> None:
        self._stopped = True
        if self._process is not None:
            self._process.terminate()


class MainNode(Nodes):
    """The one that Batch looks at: it ends when all have ended, and fails when one has failed."""

    def __init__(self, count: int) -> None:
        own = own_address()
        found, self._others = gathered(own, count), {}
        addresses = [own, *(found[number][0] for number in range(1, count))]
        self._failed: list[str] = []
        for number, (_, connection) in found.items():
            say(connection, {"addresses": addresses})
            reader = threading.Thread(target=self._listen, args=(number, connection), daemon=True)
            self._others[reader] = connection
        super().__init__(addresses)
        for reader in self._others:
            reader.start()

    def verdict(self, code: int) -> tuple[int, str]:
        if code == 0:
            for connection in self._others.values():
                with contextlib.suppress(OSError):
                    say(connection, {"done": True})
            for reader in self._others:
                reader.join()
        return (code or 1, self._failed[0]) if self._failed else (code, "")

    def _listen(self, number: int, connection: socket.socket) -> None:
        told = hear(connection)
        reason = "it ended without a word" if told is None else str(told.get("reason", ""))
        if reason:
            self._failed.append(f"{script_mode.host_name(number)}: {reason}")
            self._stop()


class OtherNode(Nodes):
    """One that works with the main node, and for it."""

    def __init__(self, main: str, number: int) -> None:
        self._main = reach(main)
        say(self._main, {"job": job(), "number": number, "address": own_address()})
        told = hear(self._main)
        if told is None:
            sys.exit("mlops-iac: the main node has gone before all nodes were there")
        self.serves = False
        """Whether it runs nothing of its own: it ends when the main node has done."""
        self._gone, self._done = False, threading.Event()
        super().__init__(told["addresses"], number)
        threading.Thread(target=self._listen, daemon=True).start()

    def verdict(self, code: int) -> tuple[int, str]:
        if self._gone:
            return code or 1, "the main node has gone"
        return (0, "") if self.serves and self._done.is_set() else (code, "")

    def end(self, reason: str) -> None:
        with contextlib.suppress(OSError):  # the main node has gone, and with it who would listen
            say(self._main, {"reason": reason})

    def started(self, process: subprocess.Popen[bytes]) -> None:
        super().started(process)
        if self.serves and self._done.is_set():
            self._stop()

    def _listen(self) -> None:
        self._gone = hear(self._main) is None
        self._done.set()
        if self._gone or self.serves:
            self._stop()


@contextlib.contextmanager
def meeting() -> Iterator[Nodes]:
    """The nodes of this job, when all of them are there; what is raised inside is why this one failed."""
    count = int(os.environ.get(COUNT, "1"))
    if count == 1:
        yield Nodes()
        return
    main = os.environ.get(MAIN)
    nodes = MainNode(count) if main is None else OtherNode(main, int(os.environ[INDEX]))
    try:
        yield nodes
    except BaseException as error:
        nodes.end(str(error) or type(error).__name__)
        raise
    nodes.end("")


# How they find each other -------------------------------------------------------------------------------------------


def port() -> int:
    return int(os.environ.get(PORT, MASTER_PORT))


def job() -> str:
    """What all nodes of one job know, and nobody else in the network."""
    return os.environ[JOB].split("#")[0]


def own_address() -> str:
    """ECS writes it behind the container's name into /etc/hosts."""
    return os.environ.get(ADDRESS) or socket.gethostbyname(socket.gethostname())


def gathered(own: str, count: int) -> dict[int, tuple[str, socket.socket]]:
    """Address and connection of each other node by its number. Ends the program when they do not come."""
    found: dict[int, tuple[str, socket.socket]] = {}
    with socket.create_server((own, port() + 2)) as server:
        server.settimeout(START)
        while len(found) < count - 1:
            try:
                connection, _ = server.accept()
            except OSError:
                sys.exit(f"mlops-iac: {count - 1 - len(found)} nodes are not there after {START:.0f} seconds")
            connection.settimeout(None)
            told = hear(connection)
            if told and told.get("job") == job() and 0 < told.get("number", 0) < count:
                found[told["number"]] = told["address"], connection
            else:
                connection.close()
    return found


def reach(main: str) -> socket.socket:
    """A connection to the main node, which may still be fetching its code."""
    until = time.monotonic() + START
    while True:
        try:
            return socket.create_connection((main, port() + 2))
        except OSError as error:
            if time.monotonic() > until:
                sys.exit(f"mlops-iac: the main node at {main} does not answer: {error}")
            time.sleep(LOOK)


def say(connection: socket.socket, value: Any) -> None:
    connection.sendall(json.dumps(value).encode() + b"\n")


def hear(connection: socket.socket) -> dict[str, Any] | None:
    """One line of the other side; None when it has gone."""
    line = b""
    with contextlib.suppress(OSError):
        while not line.endswith(b"\n") and len(line) < 65536:
            piece = connection.recv(1)
            if not piece:
                break
            line += piece
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def write_names(addresses: Sequence[str]) -> bool:
    """Let SageMaker's names lead to the nodes; whether they do."""
    if len(addresses) == 1:
        return False
    lines = [f"{address}\t{script_mode.host_name(number)}" for number, address in enumerate(addresses)]
    try:
        with HOSTS.open("a", encoding="utf-8") as file:
            file.write("\n".join(["", *lines, ""]))
    except OSError as error:
        print(f"mlops-iac: names of nodes lead nowhere: {error}", flush=True)
        return False
    return True


def interface_of(address: str) -> str:
    """The network interface that has an address: what MPI and NCCL are told."""
    import fcntl

    for _, name in socket.if_nameindex():
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            answer = fcntl.ioctl(asking, 0x8915, struct.pack("256s", name[:15].encode()))  # SIOCGIFADDR
            if socket.inet_ntoa(answer[20:24]) == address:
                return name
    return "lo" if address.startswith("127.") else "eth0"


# How several processes are started ------------------------------------------------------------------------------------


def gpus() -> int:
    """Those that this container sees: by CUDA's word, by ECS's, or those that NVIDIA's driver shows."""
    for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"):
        said = os.environ.get(name)
        if said is not None and said != "all":
            return len([one for one in said.split(",") if one.strip() not in ("", "-1", "none", "void")])
    return sum(1 for file in Path("/dev").glob("nvidia*") if re.fullmatch(r"nvidia\d+", file.name))


def command(values: dict[str, Any], variables: Sequence[str], nodes: Nodes) -> list[str]:
    """What starts a training on this node, as AWS's toolkit would by the same hyperparameters."""
    program, given = str(values[script_mode.PROGRAM]), script_mode.arguments(values)
    processes = int(values.get(script_mode.PROCESSES) or gpus() or 1)
    if values.get(script_mode.MPI):
        return by_mpi(program, given, processes, variables, nodes)
    if values.get(script_mode.TORCHRUN):
        names = [str(script_mode.host_name(number)) for number in range(nodes.count)]
        master = nodes.places[0], port()
        found: list[str] = script_mode.torchrun(program, given, processes, names, nodes.name, master)
        return found
    return [sys.executable, program, *given]


def by_mpi(program: str, given: Sequence[str], processes: int, variables: Sequence[str], nodes: Nodes) -> list[str]:
    """The main node starts all processes; the others let it."""
    if isinstance(nodes, OtherNode):
        nodes.serves = True
        return shlex.split(os.environ.get(SSHD, SSHD_COMMAND))
    shell = os.environ.get(SSH)
    if shell is None:
        for address in nodes.addresses[1:]:
            wait_for_port(address, SSH_PORT)
    found: list[str] = script_mode.mpirun(
        program,
        given,
        processes,
        [socket.gethostname(), *nodes.places[1:]],  # itself by the name that mpirun knows it by
        nodes.interface,
        variables,
        shell or SSH_COMMAND,
        mpi_version(),
    )
    return found


def mpi_version() -> int:
    """Of Open MPI; ends the program where there is none."""
    try:
        told = subprocess.run(["mpirun", "--version"], capture_output=True, encoding="utf-8", check=False).stdout
    except OSError:
        sys.exit("mlops-iac: the image has no mpirun; AWS's images of PyTorch have it")
    found = re.search(r"(\d+)\.\d+", told)
    return int(found[1]) if found else 4


def wait_for_port(address: str, number: int) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((address, number), timeout=LOOK):
            return
        time.sleep(LOOK)
