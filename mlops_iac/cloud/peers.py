"""Who is at the other end of a loopback connection.

Loopback keeps other machines out, not other people on the same machine; and whoever may call this server may run
code as its owner (jobs are processes). So a connection must come from a process of the same user. Linux tells:
``/proc/net/tcp`` lists each connection with its owner (proc_net_tcp in the kernel's documentation). Where it cannot be
told (macOS, Windows) every local connection is accepted.
"""

from __future__ import annotations

import os
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def is_own_connection(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """False when the client's process surely belongs to another user than this one (root may always)."""
    owner = find_owner(client, server)
    return owner is None or owner in (0, os.geteuid())


def find_owner(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The user id at the client's end, or None when the system does not say."""
    local, remote = f":{client[1]:04X}", f":{server[1]:04X}"
    for table in _TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[1].endswith(local) and fields[2].endswith(remote):
                return int(fields[7])
    return None
