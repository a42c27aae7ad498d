"""Who encrypts the secrets of a state, and putting them under another: a passphrase, or a key in AWS's KMS.

Both keep ciphertexts of one form; a passphrase makes the key, KMS keeps one that is encrypted.
Source: pulumi/pulumi, ``pkg/secrets/cloud/manager.go`` (type ``cloud``; ``url``, ``encryptedkey``).
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from mlops_iac.clients import Clients
from mlops_iac.core.errors import StateError, UsageError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.secrets import DataKey, PassphraseManager
from mlops_iac.relocating.move import dumps, latest
from mlops_iac.runs.calls import calling

PHRASE: Final = "passphrase"
KMS: Final = "awskms"

DATA_KEY: Final = 32
"""Bytes."""


class Keeper(Protocol):
    def encrypt(self, text: str) -> str: ...

    def decrypt(self, ciphertext: str) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A secrets provider, as a checkpoint names it, and what it does."""

    fields: Mapping[str, Any]
    """``secrets_providers`` of the checkpoint."""
    keeper: Keeper

    def stack_file_keys(self) -> dict[str, str]:
        """What the Pulumi CLI reads of it in a stack file."""
        state = self.fields["state"]
        if self.fields["type"] == PHRASE:
            return {"encryptionsalt": state["salt"]}
        return {"secretsprovider": state["url"], "encryptedkey": state["encryptedkey"]}


@dataclass(frozen=True, kw_only=True)
class Providers:
    """Opens and makes secrets providers."""

    passphrase: Callable[[], str]
    clients: Clients | Callable[[], Clients]
    """Of the account that has the key; asked for when there is one."""

    def open(self, fields: Mapping[str, Any]) -> Provider:
        """That of a checkpoint. Raises StateError for one that is not known here."""
        state = fields.get("state") or {}
        if fields.get("type") == PHRASE:
            return Provider(fields=fields, keeper=PassphraseManager(self.passphrase, state["salt"]))
        if fields.get("type") == "cloud" and urlsplit(str(state.get("url"))).scheme == KMS:
            try:
                sealed = base64.b64decode(state["encryptedkey"], validate=True)
            except (KeyError, TypeError, binascii.Error) as error:
                raise StateError("The stack's secrets cannot be read.", f"Its data key is none: {error}.") from error
            with calling("kms:Decrypt", state["url"]):
                key = self._kms.decrypt(CiphertextBlob=sealed, KeyId=key_of(state["url"]))["Plaintext"]
            return Provider(fields=fields, keeper=DataKey(key))
        raise StateError(
            "The stack's secrets cannot be read.",
            f"They are encrypted by `{fields.get('type')}`; known here are a passphrase and AWS's KMS.",
            hint="change it first: `pulumi stack change-secrets-provider`.",
        )

    def make(self, wanted: str) -> Provider:
        """A new one, with a key of its own. Raises UsageError for what is none."""
        if wanted == PHRASE:
            manager = PassphraseManager(self.passphrase)
            return Provider(fields={"type": PHRASE, "state": {"salt": manager.state}}, keeper=manager)
        if urlsplit(wanted).scheme != KMS:
            detail = f"Value given: {wanted}. It is {PHRASE}, or {KMS}:///KEY-ARN."
            raise UsageError("This secrets provider is not known here.", detail, hint="`mlops-iac bootstrap` says one.")
        key = os.urandom(DATA_KEY)
        with calling("kms:Encrypt", wanted):
            sealed = self._kms.encrypt(KeyId=key_of(wanted), Plaintext=key)["CiphertextBlob"]
        state = {"url": wanted, "encryptedkey": base64.b64encode(sealed).decode()}
        return Provider(fields={"type": "cloud", "state": state}, keeper=DataKey(key))

    @property
    def _kms(self) -> Any:
        clients = self.clients if isinstance(self.clients, Clients) else self.clients()
        return clients("kms")


def key_of(url: str) -> str:
    """``awskms:///arn:…`` and ``awskms://alias/name`` to what KMS takes."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".lstrip("/")


def is_wanted(fields: Mapping[str, Any], wanted: str) -> bool:
    """Whether a checkpoint's provider is the one that is wanted already."""
    if wanted == PHRASE:
        return bool(fields.get("type") == PHRASE)
    return fields.get("type") == "cloud" and (fields.get("state") or {}).get("url") == wanted


def under(text: str, wanted: str | None, providers: Providers) -> str:
    """A checkpoint with its secrets under the wanted provider. One that has none, or has the right one, is the same
    text. None: whichever it has."""
    fields = latest(text).get("secrets_providers") or {}
    if wanted is None or not fields or is_wanted(fields, wanted):
        return text
    old, new = providers.open(fields), providers.make(wanted)
    document = _sealed_anew(read_json(text), old.keeper, new.keeper)
    document["checkpoint"]["latest"]["secrets_providers"] = dict(new.fields)
    return dumps(document)


def _sealed_anew(value: Any, old: Keeper, new: Keeper) -> Any:
    if isinstance(value, list):
        return [_sealed_anew(item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(sig.KEY) == sig.SECRET and isinstance(value.get("ciphertext"), str):
        return {**value, "ciphertext": new.encrypt(old.decrypt(value["ciphertext"]))}
    return {key: _sealed_anew(item, old, new) for key, item in value.items()}
