"""What pip and virtual environments are built with: nothing of the person's shell that would change the outcome.

A person's pip may be told to install elsewhere (``PIP_TARGET``), for the user, or only in virtual environments; their
``PYTHONPATH`` may hold packages that then count as installed. What says where packages come from is kept: indexes,
certificates, proxies, time limits, compilers.
"""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
from collections.abc import Iterator

KEPT_PIP = (
    "cache-dir",
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "find-links",
    "index-url",
    "keyring-provider",
    "no-cache-dir",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
"""pip's options that say where packages come from, as its configuration spells them."""
_DROPPED = ("AWS_", "PIP_", "PULUMI_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "UV_", "__PYVENV")


def builder_environment() -> dict[str, str]:
    """Variables for a build: no credentials of the person's cloud, no place to install to, no foreign packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    settings = dict(_configured()) | {name: value for name, value in os.environ.items() if name in _variables()}
    return {**kept, **settings, "PIP_CONFIG_FILE": os.devnull, "PYTHONNOUSERSITE": "1"}


def _variables() -> set[str]:
    return {f"PIP_{option.upper().replace('-', '_')}" for option in KEPT_PIP}


@functools.cache
def _configured() -> tuple[tuple[str, str], ...]:
    """What the person's pip.conf says of `KEPT_PIP`, as variables: the file itself may say more, and is not read."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    if "PIP_CONFIG_FILE" in os.environ:
        bare["PIP_CONFIG_FILE"] = os.environ["PIP_CONFIG_FILE"]
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, env=bare, capture_output=True, encoding="utf-8", errors="replace", check=False)
    return tuple(_read(done.stdout))


def _read(listed: str) -> Iterator[tuple[str, str]]:
    """``global.index-url='https://…'``; a list is one value over several lines."""
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        option = key.rsplit(".", 1)[-1]
        if option in KEPT_PIP:
            yield f"PIP_{option.upper().replace('-', '_')}", " ".join(str(ast.literal_eval(value)).split())
