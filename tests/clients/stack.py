"""One project with one environment on an embedded cloud, for all clients."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.clients.environments import bare

CLI: Final = str(Path(sys.executable).with_name("mlops-iac"))
STACK: Final = "screening-dev"
QUEUES: Final = "    batch: {enabled: true}\n"
"""The last lines of the example's stack file are its options."""
UP_SECONDS: Final = 600
"""For `up`: the first one builds the framework's environment beside it."""


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Path]:
    """The project of an environment that is up, with its framework's packages in the cache. Stopped at the end."""
    folder.mkdir(parents=True)
    _cli(folder, "init", "--example", "screening")
    with (folder / f"stacks/Pulumi.{STACK}.yaml").open("a") as file:
        file.write(QUEUES)
    try:
        _cli(folder, "up", STACK, "--yes")
        yield folder
    finally:
        _cli(folder, "cloud", "stop")


def with_variables(command: list[str]) -> list[str]:
    """A command as a person runs it on the environment: the product's own word is what is tried."""
    return [CLI, "env", STACK, "--", *command]


def _cli(folder: Path, *words: str) -> None:
    done = subprocess.run(
        [CLI, *words], cwd=folder, capture_output=True, text=True, env=bare(), timeout=UP_SECONDS, check=False
    )
    if done.returncode:
        sys.exit(f"mlops-iac {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
