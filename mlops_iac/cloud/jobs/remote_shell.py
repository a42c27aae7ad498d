"""What ssh is between AWS's containers: by it ``mpirun`` on the first instance starts its daemon on the others. A
script of its own: standard library only.

``serve ADDRESS PORT``: on an instance that works for others; runs the one command that it is sent, and ends with it.
``PORT HOST COMMAND …``: in place of ssh; sends the command to a host, and ends as it does. The
address belongs to this job's instances alone, and so does the command.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time

START = 60.0
"""Seconds until the others must listen."""


def serve(address: str, port: int) -> int:
    """What the command prints is in this instance's own log."""
    with socket.create_server((address, port)) as listener:
        connection, _ = listener.accept()
    with connection, connection.makefile("rb") as asked:
        size = int(asked.readline())
        code = subprocess.run(["/bin/sh", "-c", asked.read(size)], check=False).returncode
        connection.sendall(b"%d\n" % code)
    return 0


def send(host: str, port: int, command: str) -> int:
    until = time.monotonic() + START
    while True:
        try:
            connection = socket.create_connection((host, port))
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    with connection, connection.makefile("rb") as told:
        connection.sendall(b"%d\n%b" % (len(command.encode()), command.encode()))
        code = int(told.readline() or b"1")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        sys.exit(serve(sys.argv[2], int(sys.argv[3])))
    sys.exit(send(sys.argv[2], int(sys.argv[1]), " ".join(sys.argv[3:])))
