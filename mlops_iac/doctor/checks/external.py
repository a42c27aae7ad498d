"""Whether the external systems of the stack answer, and whether their secrets are there.

From this machine: a job's own way there is that of the network which it runs in. Nothing is signed in to.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import NotLookedAt, Subject

if TYPE_CHECKING:
    from mlops_iac.external import System

PATIENCE: Final = 5.0
"""Seconds that a connection, and then an answer, may take."""


def check(subject: Subject) -> Iterator[Finding]:
    systems: Mapping[str, System] = getattr(subject.opened.options, "external", {})
    if not systems:
        yield passed("the stack uses none")
    for name, system in systems.items():
        yield _reach(name, system)
        if system.secret:
            yield from _credential(subject, name, system)


def _reach(name: str, system: System) -> Finding:
    """TCP, TLS with a certificate that is trusted, and any answer by HTTP."""
    what = f"{name} ({system.title}, {system.endpoint})"
    try:
        status = _ask(system.endpoint)
    except ssl.SSLCertVerificationError as error:
        fix = "correct `address`, or trust who signed its certificate: SSL_CERT_FILE."
        return failed(f"{what}: its certificate is not trusted: {error.verify_message}", fix)
    except (OSError, http.client.HTTPException) as error:
        fix = "correct `address`, or look at the way there: proxy, firewall, VPN; jobs go by their own network."
        return warned(f"{what} does not answer from this machine: {_reason(error)}", fix)
    return passed(f"{what} answers from this machine (HTTP {status})")


def _ask(address: str) -> int:
    """The status of a plain GET, whatever it is: nobody is signed in. A proxy of the person's is used."""
    request = urllib.request.Request(address, headers={"User-Agent": "mlops-iac doctor"})  # noqa: S310 - http or https
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError as error:
        raise error.reason if isinstance(error.reason, OSError) else error from None


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, TimeoutError):
        return f"nothing came within {PATIENCE:g} s"
    return str(error) or type(error).__name__


def _credential(subject: Subject, name: str, system: System) -> Iterator[Finding]:
    """Whether the secret is there, under the key that the stack file names. Its value is not read."""
    secret, clients = system.secret, _clients(subject)
    if clients is None:
        why = "the embedded cloud does not run"
        yield warned(f"{name}: secret `{secret}` was not looked at: {why}", "bring the stack up, and ask again.")
        return
    client = clients("secretsmanager")
    try:
        found = client.describe_secret(SecretId=secret)
    except client.exceptions.ResourceNotFoundException:
        yield failed(
            f"{name}: there is no secret `{secret}`",
            f"`aws secretsmanager create-secret --name {secret} --secret-string '{_form(system)}'`.",
        )
        return
    yield _key(name, system, found)


def _key(name: str, system: System, found: Mapping[str, Any]) -> Finding:
    key, named = found.get("KmsKeyId"), system.secret_key_arn
    own = key and not str(key).endswith("alias/aws/secretsmanager")
    if found.get("DeletedDate"):
        return failed(f"{name}: secret `{system.secret}` is being deleted", "restore it, or name another one.")
    if own and named is None:
        return failed(
            f"{name}: secret `{system.secret}` is encrypted by {key}, which jobs may not use",
            f"name the key: `external.{name}.secret_key_arn`.",
        )
    if named and key not in (named, named.rpartition("/")[2]):
        return failed(f"{name}: secret `{system.secret}` is not encrypted by {named}", "correct `secret_key_arn`.")
    return passed(f"{name}: secret `{system.secret}` is there")


def _form(system: System) -> str:
    first = next(iter(system.secrets.values()))
    return "…" if first == "file:" else f'{{"{first}": "…"}}'


def _clients(subject: Subject) -> Any:
    """Of the cloud that the stack is on; None where that is the embedded one and it is not running."""
    if subject.cloud != "embedded":
        return subject.clients
    from mlops_iac.backends.embedded import EmbeddedBackend

    if subject.root is None:
        raise NotLookedAt("there is no project here")
    backend = EmbeddedBackend(subject.root, subject.stack)
    return None if backend.cloud.find() is None else backend.clients()
