"""Who may talk to a server on loopback."""

from __future__ import annotations

import os
import socket
import struct

import pytest

from mlops_iac.core.peers import NOBODY, find_owner, is_own_connection

HERE, THERE = ("127.0.0.1", 1), ("127.0.0.1", 2)
DROPS = struct.pack("ii", 1, 0)
"""SO_LINGER of a client whose `close` leaves no trace of the connection."""

on_linux = pytest.mark.skipif(not os.path.exists("/proc/net/tcp"), reason="only Linux tells who is at the other end")


@on_linux
def test_the_owner_of_a_connection_is_known():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, address = server.accept()
        with client, accepted:
            assert find_owner(address, server.getsockname()) == os.geteuid()
            assert is_own_connection(address, server.getsockname())


@on_linux
@pytest.mark.parametrize("linger", [None, DROPS], ids=["closes", "drops"])
def test_a_client_that_sends_and_hangs_up_is_nobody(linger: bytes | None):
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        client.sendall(b"POST /anything HTTP/1.1\r\n\r\n")
        if linger:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.close()
        accepted, address = server.accept()
        with accepted:
            assert find_owner(address, server.getsockname()) == NOBODY
            assert not is_own_connection(address, server.getsockname())


@on_linux
def test_the_same_port_of_another_address_is_another_connection():
    """A live connection of the owner's must not vouch for one that comes from the same port of 127.0.0.2."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as own:
        port = own.getsockname()[1]
        assert find_owner(("127.0.0.1", port), server.getsockname()) == os.geteuid()
        assert find_owner(("127.0.0.2", port), server.getsockname()) == NOBODY
        assert find_owner(("127.0.0.1", port), ("127.0.0.2", server.getsockname()[1])) is None


@on_linux
@pytest.mark.parametrize("dual_stack", [False, True], ids=["IPv6", "an IPv4 address in an IPv6 socket"])
def test_connections_of_ipv6_sockets_are_told_apart_too(dual_stack: bool):
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    host = "::ffff:127.0.0.1" if dual_stack else "::1"
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        port = server.getsockname()[1]
        with socket.socket(socket.AF_INET6) as client:
            client.connect((host, port))
            accepted, address = server.accept()
            with accepted:
                assert find_owner(address, accepted.getsockname()) == os.geteuid()
                assert find_owner(("::ffff:127.0.0.2", address[1]), accepted.getsockname()) != os.geteuid()
                if dual_stack:
                    assert find_owner(("127.0.0.1", address[1]), ("127.0.0.1", port)) == os.geteuid()


def test_a_connection_of_another_user_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlops_iac.core.peers.find_owner", lambda *_: 4242)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert not is_own_connection(HERE, THERE)


def test_roots_connections_are_accepted_and_those_of_which_the_system_says_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    for owner in (0, 1000, None):
        monkeypatch.setattr("mlops_iac.core.peers.find_owner", lambda *_, owner=owner: owner)
        assert is_own_connection(HERE, THERE)


def test_a_system_without_tables_says_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlops_iac.core.peers._TABLES", ())
    assert find_owner(HERE, THERE) is None
