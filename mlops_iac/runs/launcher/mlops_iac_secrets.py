"""Gives a script the secrets of the systems that its step uses; they are fetched as it starts, and kept nowhere.

What is wanted say variables of the job (`mlops_iac_secret_values.py`). ``mlops_iac_secrets.py SCRIPT [ARGUMENT]...``
becomes the script. Standard library and boto3 only, Python 3.9 or newer.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from typing import NoReturn

from mlops_iac_secret_values import NoSecret, asked, values_of, without_orders  # type: ignore[import-not-found]


def to_file(text: str) -> str:
    """A file that only this process's user reads; it ends with the job's machine."""
    handle, path = tempfile.mkstemp(prefix="mlops-iac-", suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def with_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """A job's variables as its script has them. Ends the program where a secret cannot be had."""
    wanted, found = asked(variables), without_orders(variables)
    if not wanted:
        return found
    try:
        for name, keys in wanted.items():
            found.update(values_of(name, read(name), keys, to_file))
    except NoSecret as error:
        sys.exit(f"{os.path.basename(__file__)}: {error}")
    return found


def read(name: str) -> str:
    """A secret's text. Raises NoSecret."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    patience = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 4, "mode": "standard"})
    try:
        held = boto3.client("secretsmanager", config=patience).get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as error:
        # One that is not there is refused like one that is nobody's business: its ARN is not known.
        raise NoSecret(f"The secret `{name}` is not there, or this job may not read it: {error}") from error
    if "SecretString" not in held:
        raise NoSecret(f"The secret `{name}` holds bytes, no text.")
    return str(held["SecretString"])


def main() -> NoReturn:
    os.execve(sys.executable, [sys.executable, *sys.argv[1:]], with_secrets(os.environ))  # noqa: S606


if __name__ == "__main__":
    main()
