"""Who is at the other end of a loopback connection.

Loopback keeps other machines out, not other people on the same machine; and whoever may call our servers may run code
as their owner (jobs are processes). So a connection must come from a process of the same user. Linux tells:
``/proc/net/tcp`` lists each connection with its owner (proc_net_tcp in the kernel's documentation). Where it cannot be
told (macOS, Windows) every local connection is accepted, and the embedded cloud's token alone keeps others out.
"""

from __future__ import annotations

import ipaddress
import os
import struct
from pathlib import Path
from typing import Any, Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED: Final = "01"

NOBODY: Final = -1
"""The owner of a connection whose client hung up. What it sent can still be read, so it must not count as unknown."""

Address = tuple[Any, ...]
"""A socket's address: host and port first, as `socket.getpeername` answers for IPv4 and IPv6."""


def is_own_connection(client: Address, server: Address) -> bool:
    """False when the client's process may belong to another user than this one (root may always)."""
    owner = find_owner(client, server)
    return owner is None or owner in (0, os.geteuid())


def find_owner(client: Address, server: Address) -> int | None:
    """The user id at the client's end; `NOBODY` when it hung up, None when the system does not say.

    A connection is known by both of its addresses and ports: another user may use the same port of another loopback
    address. One that its process has closed is listed as root's, or not at all. The system says something when it
    lists any connection of the server, which listens all the time.
    """
    local, remote = _as_listed(client), _as_listed(server)
    says = False
    for table in _TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[1] in local and fields[2] in remote:
                owner = int(fields[7])
                return owner if owner or fields[3] == _ESTABLISHED else NOBODY
            says = says or fields[1] in remote
    return NOBODY if says else None


def _as_listed(address: Address) -> frozenset[str]:
    """An address as the tables write it; an IPv4 one also in the form that a socket for both families has."""
    host = ipaddress.ip_address(str(address[0]).partition("%")[0])
    host = getattr(host, "ipv4_mapped", None) or host
    forms = [host.packed]
    if host.version == 4:
        forms.append(ipaddress.IPv6Address(f"::ffff:{host}").packed)
    return frozenset(f"{_words(packed)}:{address[1]:04X}" for packed in forms)


def _words(packed: bytes) -> str:
    """Hexadecimal, each four bytes as one number in the machine's own byte order."""
    return "".join(f"{number:08X}" for number in struct.unpack(f"={len(packed) // 4}I", packed))
