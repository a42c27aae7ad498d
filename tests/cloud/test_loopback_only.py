"""The hook that keeps the cloud's process, and Python jobs where nothing better is allowed, on this machine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mlops_iac.cloud import loopback_only

ELSEWHERE = [
    "socket.create_connection(('192.0.2.1', 9), timeout=1)",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 9))",
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))",
    "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('2001:db8::1', 9))",
    "socket.getaddrinfo('example.com', 80)",
    "socket.gethostbyname('example.com')",
    "socket.gethostbyaddr('192.0.2.1')",
]
HERE = [
    "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "socket.getaddrinfo('localhost', 80)",
    "a, b = socket.socketpair(); a.send(b'x')",
]


def run(tmp_path, statements):
    """Each statement's outcome, in one Python that starts with the hook as a job's does."""
    variables = loopback_only.in_python(tmp_path, {"PYTHONPATH": "/nowhere"})
    assert variables["PYTHONPATH"].endswith(":/nowhere")
    lines = ["import socket"]
    for statement in statements:
        lines += ["try:", f"    {statement}", "except ConnectionRefusedError as e: print(e)", "else: print('allowed')"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], env=os.environ | variables, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(("statements", "words"), [(ELSEWHERE, "does not connect to"), (HERE, "allowed")])
def test_everything_that_would_leave_the_machine_is_refused(tmp_path, statements, words):
    outcomes = run(tmp_path, statements)
    assert len(outcomes) == len(statements)
    assert all(words in outcome for outcome in outcomes), outcomes
