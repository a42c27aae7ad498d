"""No request leaves loopback: the embedded cloud's process cannot open a connection to anywhere else.

moto delivers SNS messages to HTTP subscribers and calls API destinations; a stack that names a real URL must not reach
it from a laptop. An audit hook (PEP 578) sees every connection that Python makes, whoever makes it, and stays for ever.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_LOCAL_NAMES = ("localhost", "", None)


class LeftLoopback(ConnectionRefusedError):
    """A connection to another machine was refused."""


def forbid_other_connections() -> None:
    """Refuse, from now on and for this process, every connection that is not to this machine."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a unix socket: this machine
    elif event == "socket.getaddrinfo":
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
