"""The Pulumi CLI on this machine: found, and new enough, or an error that says what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from mlops_iac.core.errors import UsageError

if TYPE_CHECKING:
    from pulumi.automation import PulumiCommand

OLDEST: Final = (3, 200, 0)
"""The oldest CLI this drives. SDK and CLI are released together, and this package asks for SDK 3.200 or newer."""

PATIENCE: Final = 30.0
"""Seconds that `pulumi version` may take."""

INSTALL: Final = "install it from https://www.pulumi.com/docs/install/, or leave --cloud out to deploy on this machine."


def find_cli() -> PulumiCommand:
    """The CLI on the PATH. Raises UsageError when there is none, when it does not run, and when it is too old."""
    from pulumi.automation import PulumiCommand

    path = shutil.which("pulumi")
    if path is None:
        raise UsageError(
            "The Pulumi CLI is not installed.",
            "`--cloud aws` drives it, and there is no `pulumi` on the PATH.",
            hint=INSTALL,
        )
    version = _ask_version(path)
    if version and version < OLDEST:
        raise UsageError(
            "The Pulumi CLI is too old.",
            f"{path} is version {_dotted(version)}; the oldest that this drives is {_dotted(OLDEST)}.",
            hint=INSTALL,
        )
    command = PulumiCommand(skip_version_check=True)
    if command.version is None:
        command.version = _sdk_version(OLDEST)  # one built from source names no version; the SDK needs one to ask for
    return command


def _ask_version(path: str) -> tuple[int, int, int] | None:
    """What `pulumi version` says; None when it runs and names none, as one that was built from source does."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        asked = subprocess.run(
            [path, "version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _does_not_run(path, str(error)) from error
    if asked.returncode:
        raise _does_not_run(path, asked.stderr.strip() or asked.stdout.strip())
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", asked.stdout.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _does_not_run(path: str, why: str) -> UsageError:
    return UsageError("The Pulumi CLI does not run.", f"`{path} version`: {why}", hint=INSTALL)


def _sdk_version(version: tuple[int, int, int]) -> object:
    from semver import VersionInfo

    return VersionInfo(*version)


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))
