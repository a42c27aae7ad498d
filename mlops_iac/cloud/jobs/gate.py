"""A job's way out of its private network: to the embedded cloud, as far as the job's subnets reach, and nowhere else.

The job listens, inside its network, where the embedded cloud listens outside, and hands that socket to us: a socket
stays in the network that it was made in, whoever holds it. So the job's address of the embedded cloud is everybody's,
and nothing runs beside the job.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.reach import Reach

log = logging.getLogger("mlops_iac.cloud.jobs")

_CHUNK = 256 * 1024


class Gate:
    """One per process with a network of its own. Give ``theirs`` to the process, then `open` it."""

    def __init__(self, gateway: Gateway, reach: Reach) -> None:
        self._gateway, self._reach = gateway, reach
        self.port = int(gateway.endpoint.rsplit(":", 1)[1])
        self._ours, self._theirs = socket.socketpair()
        self._listener: socket.socket | None = None
        self._closed = False

    @property
    def theirs(self) -> int:
        """The descriptor that the process inherits."""
        return self._theirs.fileno()

    def open(self) -> None:
        """Once the process has been started: wait for its socket, and serve it, in a thread."""
        self._theirs.close()
        threading.Thread(target=self._serve, name="job gate", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        for end in (self._listener, self._ours, self._theirs):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)  # wakes whoever waits on it
                end.close()

    def _serve(self) -> None:
        # The process ended, before or after it handed its socket over.
        with contextlib.suppress(OSError, ValueError):
            for connection in self._connections():
                threading.Thread(target=self._relay, args=(connection,), name="job call", daemon=True).start()

    def _connections(self) -> Iterator[socket.socket]:
        _, descriptors, _, _ = socket.recv_fds(self._ours, 1, 1)
        if not descriptors:  # stopped before it had a socket to hand over
            return
        self._listener = socket.socket(fileno=descriptors[0])
        self._ours.send(b"k")
        while not self._closed:
            yield self._listener.accept()[0]

    def _relay(self, inside: socket.socket) -> None:
        """Both directions of one connection. The gateway knows by the port whose it is, and refuses by `Reach`."""
        with inside, socket.create_connection(("127.0.0.1", self.port)) as outside:
            own_port = outside.getsockname()[1]
            self._gateway.guests[own_port] = self._reach.check
            try:
                back = threading.Thread(target=_pump, args=(outside, inside), name="job answer", daemon=True)
                back.start()
                _pump(inside, outside)
                back.join()
            finally:
                self._gateway.guests.pop(own_port, None)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
