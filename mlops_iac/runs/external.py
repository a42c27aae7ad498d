"""Secrets of the external systems of an environment, for whoever works with it from this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_iac.core.environment import Service
from mlops_iac.core.secret_values import WHOLE, NoSecret, values_of

if TYPE_CHECKING:
    from mlops_iac.clients import Clients
    from mlops_iac.core.environment import Environment


@dataclass(kw_only=True)
class Found:
    """What could be read, and why not what could not."""

    variables: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    """Name of a system to the reason, which holds nothing of any secret."""


def with_secrets(environment: Environment) -> dict[str, Service]:
    """The systems whose clients read secrets."""
    return {name: service for name, service in environment.services.items() if service.secrets}


def has_files(environment: Environment) -> bool:
    """Whether a client reads a file that holds a secret."""
    return any(WHOLE in (service.secrets or {}).values() for service in environment.services.values())


def read_secrets(environment: Environment, clients: Clients, folder: Path | None) -> Found:
    """Every secret of the environment's systems that the person may read. ``folder``: where those lie that a client
    reads as a file; None: these are left out."""
    found = Found()
    for name, service in with_secrets(environment).items():
        try:
            found.variables |= _read(name, service, clients, folder)
        except NoSecret as error:
            found.missing[name] = str(error)
    return found


def _read(name: str, service: Service, clients: Clients, folder: Path | None) -> Mapping[str, str]:
    """Raises NoSecret."""
    wanted = service.secrets or {}
    if WHOLE in wanted.values() and folder is None:
        raise NoSecret("Its client reads a file, which is there only while a command runs: `-- COMMAND`.")
    return values_of(
        service.credentials, _text(service.credentials, clients), wanted, lambda text: _keep(folder, name, text)
    )


def _text(secret: str, clients: Clients) -> str:
    """Raises NoSecret."""
    client = clients("secretsmanager")
    try:
        held = client.get_secret_value(SecretId=secret)
    except client.exceptions.ClientError as error:
        raise NoSecret(
            f"The secret `{secret}` cannot be read: {error.response['Error'].get('Message', error)}"
        ) from error
    if "SecretString" not in held:
        raise NoSecret(f"The secret `{secret}` holds bytes, no text.")
    return str(held["SecretString"])


def _keep(folder: Path | None, name: str, text: str) -> str:
    """A file that only this person reads."""
    assert folder is not None
    path = folder / f"{name}.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return str(path)


def reasons(found: Found) -> Iterator[str]:
    """For a person: what is not there, and why."""
    for name, reason in found.missing.items():
        yield f"{name} has no credentials here. {reason}"
