"""Who is at the other end of a loopback connection.

Loopback keeps other machines out, not other people on the same machine; and whoever may call our servers may run code
as their owner (jobs are processes). So a connection must come from a process of the same user. Linux tells:
``/proc/net/tcp`` lists each connection with its owner (proc_net_tcp in the kernel's documentation). Where it cannot be
told (macOS, Windows) every local connection is accepted.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED: Final = "01"

NOBODY: Final = -1
"""The owner of a connection whose client hung up. What it sent can still be read, so it must not count as unknown."""


def is_own_connection(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """False when the client's process may belong to another user than this one (root may always)."""
    owner = find_owner(client, server)
    return owner is None or owner in (0, os.geteuid())


def find_owner(client: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The user id at the client's end; `NOBODY` when it hung up, None when the system does not say.

    A connection that its process has closed is listed as root's, or not at all. The system says something when it lists
    any connection of the server, which listens all the time.
    """
    local, remote = f":{client[1]:04X}", f":{server[1]:04X}"
    says = False
    for table in _TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[1].endswith(local) and fields[2].endswith(remote):
                owner = int(fields[7])
                return owner if owner or fields[3] == _ESTABLISHED else NOBODY
            says = says or fields[1].endswith(remote)
    return NOBODY if says else None
