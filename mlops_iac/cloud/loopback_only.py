"""No request leaves loopback: the embedded cloud's process can send nothing to anywhere else. Standard library only.

moto delivers SNS messages to HTTP subscribers and calls API destinations; a stack that names a real URL must not reach
it from a laptop. An audit hook (PEP 578) sees every connection and every datagram that Python sends, whoever sends it,
and stays for ever. Where jobs cannot have a network of their own, their Python starts with the same hook.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LOCAL_NAMES = ("localhost", "", None)
_SENDS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKS_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
"""Audit events with an address second, and with a name first: https://docs.python.org/3/library/audit_events.html"""


class LeftLoopback(ConnectionRefusedError):
    """A connection to another machine was refused."""


def forbid_other_connections() -> None:
    """Refuse, from now on and for this process, every connection that is not to this machine."""
    sys.addaudithook(_check)


def in_python(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Variables with which a Python program starts with this hook: a ``sitecustomize`` that is made in ``folder``."""
    hook = folder / "loopback-only"
    hook.mkdir(exist_ok=True)
    text = Path(__file__).read_text("utf-8")
    (hook / "sitecustomize.py").write_text(f"{text}\n\nforbid_other_connections()\n", "utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(hook), variables.get("PYTHONPATH", "")]))}


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _SENDS:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a unix socket: this machine
    elif event in _LOOKS_UP:
        host = arguments[0]
    else:
        return
    if not _is_local(host):
        raise LeftLoopback(f"The embedded cloud does not connect to {host}.")


def _is_local(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
