"""An environment of its own for each client, made by uv from its cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.clients.catalogue import Client

# These would send a client elsewhere, or be read by the packages' builders instead of ours.
_MISLEADING = ("AWS_", "PIP_TARGET", "PIP_USER", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class Unavailable(Exception):
    """The client cannot be had here; the message says why."""


def bare() -> dict[str, str]:
    """The person's variables without what would mislead a client."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_MISLEADING)}


def make(client: Client, folder: Path) -> Path:
    """A virtual environment with the client's packages; answers its ``bin``. Raises `Unavailable` with uv's words."""
    uv = Path(sys.executable).with_name("uv")
    for words in (
        ("venv", "--quiet", "--python", sys.executable, str(folder)),
        ("pip", "install", "--quiet", "--python", str(folder / "bin/python"), *client.requirements.split()),
    ):
        if words[0] == "pip" and not client.requirements:
            continue
        done = subprocess.run([uv, *words], capture_output=True, text=True, env=bare(), check=False)
        if done.returncode:
            raise Unavailable(f"uv {words[0]}: {done.stderr.strip()}")
    return folder / "bin"


def version(client: Client, programs: Path) -> str:
    """The installed version of the client's first package, or what the program says of itself."""
    if client.program:
        done = subprocess.run([client.program, "version"], capture_output=True, text=True, check=False)
        return done.stdout.split("\n")[0].rpartition(" ")[2].removeprefix("v")
    package = client.requirements.split()[0].partition("<")[0].partition(">")[0]
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([programs / "python", "-c", ask], capture_output=True, text=True, env=bare(), check=False)
    return done.stdout.strip()
