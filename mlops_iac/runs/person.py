"""Who starts a run: on AWS whom the credentials stand for, on this machine the user."""

from __future__ import annotations

import getpass
import os
import socket

from mlops_iac.clients import Clients
from mlops_iac.runs.calls import calling


def who_asks(clients: Clients) -> str:
    """``arn:aws:sts::123456789012:assumed-role/developer/anna``, or ``anna@laptop`` on the embedded cloud."""
    if not clients.embedded:
        with calling("sts:GetCallerIdentity"):
            return str(clients("sts").get_caller_identity()["Arn"])
    return person_here()


def person_here() -> str:
    """``anna@laptop``"""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # in a container, a user id need not have a name
        user = f"user {os.getuid()}"
    return f"{user}@{socket.gethostname()}"
