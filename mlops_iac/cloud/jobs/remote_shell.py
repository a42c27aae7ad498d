"""What ssh is between AWS's containers: by it ``mpirun`` on the first instance starts its daemon on the others. A
script of its own: standard library only.

``serve ADDRESS PORT``: on an instance that works for others; runs the one command that it is sent, and ends with it.
``PORT HOST COMMAND …``: in place of ssh; sends the command to a host, shows its output, and ends as it does. The
address belongs to this job's instances alone, and so does the command.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import time

START = 60.0
"""Seconds until the others must listen."""


def serve(address: str, port: int) -> int:
    with socket.create_server((address, port)) as listener:
        connection, _ = listener.accept()
    with connection, connection.makefile("rb") as asked:
        command = json.loads(asked.readline())
        process = subprocess.Popen(["/bin/sh", "-c", command], stdout=connection.fileno(), stderr=subprocess.STDOUT)
        code = process.wait()
        connection.sendall(b"\0" + struct.pack("b", code if code >= 0 else 127))
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
    last = b""
    with connection:
        connection.sendall(json.dumps(command).encode() + b"\n")
        while chunk := connection.recv(65536):
            whole = last + chunk
            last = whole[-2:]
            os.write(1, whole[:-2])
    return struct.unpack("b", last[1:])[0] if last[:1] == b"\0" else 1


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        sys.exit(serve(sys.argv[2], int(sys.argv[3])))
    sys.exit(send(sys.argv[2], int(sys.argv[1]), " ".join(sys.argv[3:])))
