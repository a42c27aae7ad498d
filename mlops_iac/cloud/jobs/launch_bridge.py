"""Networks of a job's instances, joined by a bridge as AWS's are by a subnet. Part of `launch.py`.

One process holds a network with nothing but the bridge; each instance has a network of its own with one end of a cable,
whose other end is in the bridge. The kernel is told by netlink (rtnetlink(7), linux/if_link.h), because ``ip`` is not
on every machine.
"""

from __future__ import annotations

import os
import socket
import struct

NEW_LINK, NEW_ADDRESS, ERROR = 16, 20, 2
REQUEST, ACKNOWLEDGE, EXCLUSIVE, CREATE = 1, 4, 0x200, 0x400
IFF_UP = 1
NAME, MASTER, LINK_INFO, NETWORK_OF_PROCESS = 3, 10, 18, 19
KIND, DATA, PEER = 1, 2, 1
ADDRESS, LOCAL = 1, 2
BRIDGE, INTERFACE = "br0", "eth0"
PREFIX = 24
"""Bits of the subnet."""


def attribute(kind: int, data: bytes) -> bytes:
    padding = b"\0" * (-len(data) % 4)
    return struct.pack("HH", 4 + len(data), kind) + data + padding


def link(index: int = 0, *, up: bool) -> bytes:
    """``struct ifinfomsg``."""
    return struct.pack("BxHiII", socket.AF_UNSPEC, 0, index, IFF_UP if up else 0, IFF_UP if up else 0)


def tell(kernel: socket.socket, kind: int, body: bytes, flags: int = 0) -> None:
    """One request; raises OSError when the kernel refuses it."""
    header = struct.pack("IHHII", 16 + len(body), kind, REQUEST | ACKNOWLEDGE | flags, 1, 0)
    kernel.send(header + body)
    answer = kernel.recv(65536)
    (number,) = struct.unpack_from("i", answer, 16)
    if struct.unpack_from("H", answer, 4)[0] == ERROR and number:
        raise OSError(-number, f"network: {os.strerror(-number)}")


def open_kernel() -> socket.socket:
    """A way to tell the kernel about the network that this process is in now, wherever it goes later."""
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    kernel.bind((0, 0))
    return kernel


def make_bridge() -> None:
    named = attribute(NAME, BRIDGE.encode() + b"\0")
    about = attribute(LINK_INFO, attribute(KIND, b"bridge"))
    with open_kernel() as kernel:
        tell(kernel, NEW_LINK, link(up=True) + named + about, CREATE | EXCLUSIVE)


def plug_in(kernel: socket.socket, bridge: int, number: int) -> None:
    """A cable from the bridge, whose network ``kernel`` is in, into this process's own network."""
    peer = link(up=False) + attribute(NAME, INTERFACE.encode() + b"\0")
    peer += attribute(NETWORK_OF_PROCESS, struct.pack("I", os.getpid()))
    about = attribute(LINK_INFO, attribute(KIND, b"veth") + attribute(DATA, attribute(PEER, peer)))
    ours = attribute(NAME, f"port{number}".encode() + b"\0") + attribute(MASTER, struct.pack("I", bridge))
    tell(kernel, NEW_LINK, link(up=True) + ours + about, CREATE | EXCLUSIVE)


def raise_interface(address: str) -> None:
    index, packed = socket.if_nametoindex(INTERFACE), socket.inet_aton(address)
    body = struct.pack("BBBBI", socket.AF_INET, PREFIX, 0, 0, index)
    with open_kernel() as kernel:
        own = attribute(LOCAL, packed) + attribute(ADDRESS, packed)
        tell(kernel, NEW_ADDRESS, body + own, CREATE | EXCLUSIVE)
        tell(kernel, NEW_LINK, link(index, up=True))
