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
