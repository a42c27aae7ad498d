"""Pulumi's passphrase secrets manager: what it encrypts, the Pulumi CLI decrypts, and the other way round.

AES-256-GCM under a key made from the passphrase by PBKDF2-HMAC-SHA256 (1,000,000 rounds, 8-byte salt, 32-byte key).
A ciphertext is ``v1:<nonce>:<body>``, both base64, over the JSON of the value. The state that is stored with a stack is
``v1:<salt>:<the word "pulumi", encrypted>``, which is how a wrong passphrase is found out.
Source: pulumi/pulumi, ``pkg/secrets/passphrase``, ``sdk/go/common/resource/config/crypt.go``; held to a recording.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from mlops_iac.core.errors import AuthenticationError, StateError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.engine.values import signatures as sig
from mlops_iac.engine.values.value import Secret, reveal
from mlops_iac.engine.values.wire import marked, unmarked

ROUNDS = 1_000_000
PROBE = "pulumi"

_keys: dict[tuple[str, bytes], bytes] = {}
"""Keys by passphrase and salt: making one costs about 0.3 s of CPU, so a process makes each once."""
_keys_lock = threading.Lock()


def passphrase_for(home: Path) -> str:
    """The passphrase of the environments kept in ``home``.

    ``PULUMI_CONFIG_PASSPHRASE``, else the content of ``PULUMI_CONFIG_PASSPHRASE_FILE``, else of ``home/passphrase``,
    which is made on first use (0600). Raises StateError when a file cannot be read or made.
    """
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return os.environ["PULUMI_CONFIG_PASSPHRASE"]
    named = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    path = Path(named) if named else home / "passphrase"
    try:
        if not named and not path.exists():
            _make_passphrase(path)
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(
            "The passphrase cannot be read.",
            f"{path}: {error}",
            hint="set PULUMI_CONFIG_PASSPHRASE, or make the file readable.",
        ) from error


def _make_passphrase(path: Path) -> None:
    """Write a new passphrase whole or not at all: two processes that make it at once end up with the same one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # somebody else was first, and theirs is the one to use
    finally:
        draft.unlink()


class SealedSecret(Secret):
    """A secret as it lies in state: it is decrypted when its value is first asked for."""

    stored = True

    def __init__(self, ciphertext: str, keeper: PassphraseManager) -> None:
        self.__dict__.update(ciphertext=ciphertext, keeper=keeper)

    @cached_property
    def value(self) -> Any:
        return _from_json(_value_of(self.__dict__["keeper"].decrypt(self.__dict__["ciphertext"])))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self.value == other.value)

    __hash__ = None  # type: ignore[assignment]


class DataKey:
    """Encrypts and decrypts as a passphrase's key does, with a key that somebody else keeps: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, text: str) -> str:
        return _encrypt(text, self._key)

    def decrypt(self, ciphertext: str) -> str:
        """Raises StateError when the ciphertext was changed, or is another key's."""
        return _decrypt(ciphertext, self._key)


class PassphraseManager:
    """Encrypts and decrypts for one stack. The passphrase is asked for, and the key made, on first need."""

    def __init__(self, passphrase: Callable[[], str], state: str = "", *, kin: Callable[[], str] = str) -> None:
        """``kin`` answers the state of another stack of the same folder, or nothing.

        A new stack takes over its salt when the passphrase is the same: the key is the same then, and who works on many
        stacks at once makes it once. Each ciphertext has a random nonce of its own.
        """
        self._passphrase = passphrase
        self._given_state = state
        self._kin = kin

    @classmethod
    def state_salt(cls, state: str) -> bytes:
        """The salt inside a stored state; raises StateError when the state is none of ours."""
        version, _, rest = state.partition(":")
        try:
            if version != "v1":
                raise ValueError(f"version `{version}`")
            return base64.b64decode(rest.split(":", 1)[0], validate=True)
        except (ValueError, binascii.Error) as error:
            raise StateError(
                "The stack's secrets cannot be read.",
                f"Its secrets provider's state is not that of a passphrase: {error}.",
                hint="only Pulumi's passphrase provider is known here.",
            ) from error

    @cached_property
    def state(self) -> str:
        """``v1:<salt>:<probe>``; a new salt is made when there was none."""
        if self._given_state:
            return self._given_state
        kin = self._kin()
        if kin and self._opens(kin):
            return kin
        salt = secrets.token_bytes(8)
        return f"v1:{base64.b64encode(salt).decode()}:{_encrypt(PROBE, _key(self._passphrase(), salt))}"

    @property
    def has_state(self) -> bool:
        return bool(self._given_state) or "state" in self.__dict__

    def encrypt(self, text: str) -> str:
        return _encrypt(text, self._checked_key)

    def decrypt(self, ciphertext: str) -> str:
        """Raises StateError when the ciphertext was changed, and AuthenticationError when the passphrase is wrong."""
        return _decrypt(ciphertext, self._checked_key)

    def check(self) -> None:
        """Raise AuthenticationError when the passphrase is not the one of the stored state."""
        _ = self._checked_key

    def seal(self, secret: Secret) -> str:
        """The ciphertext of a secret, made once per secret: writing the state again does not change it."""
        kept = secret.__dict__
        if kept.get("keeper") is not self or "ciphertext" not in kept:
            kept.update(ciphertext=self.encrypt(_to_json(secret.value)), keeper=self)
        return str(kept["ciphertext"])

    def warm(self) -> None:
        """Make the key on a thread of its own, while the program is being imported and run.

        No daemon: an interpreter that ends while such a thread is inside OpenSSL aborts now and then ("FATAL: exception
        not rethrown"). A program that is quicker than the key is waited for by this much: 0.3 s.
        """
        threading.Thread(target=self._try_key).start()

    def _opens(self, state: str) -> bool:
        try:
            PassphraseManager(self._passphrase, state).check()
        except (AuthenticationError, StateError):
            return False
        return True

    def _try_key(self) -> None:
        try:
            _ = self._checked_key
        except (AuthenticationError, StateError):
            return  # it is raised again, to somebody who listens, when the key is used

    @cached_property
    def _checked_key(self) -> bytes:
        key = _key(self._passphrase(), self.state_salt(self.state))
        probe = self.state.split(":", 2)[2]
        try:
            known = _decrypt(probe, key)
        except StateError:
            known = ""
        if known != PROBE:
            raise AuthenticationError(
                "Wrong passphrase.",
                "The stack's secrets were encrypted with another passphrase than the one given.",
                hint="set PULUMI_CONFIG_PASSPHRASE to the passphrase the stack was made with.",
            )
        return key


def _to_json(value: Any) -> str:
    return json.dumps(reveal(value), separators=(",", ":"), ensure_ascii=False, default=marked)


def _value_of(text: str) -> Any:
    try:
        return read_json(text)
    except NotStrictJson as error:
        raise StateError(
            "A secret cannot be read.",
            f"What it holds is not JSON: {error}.",
            hint="restore the state from `.pulumi/backups`, or set the secret anew.",
        ) from error


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if isinstance(value, dict):
        values = {key: _from_json(item) for key, item in value.items()}
        return unmarked(values) if sig.KEY in values else values
    return value


def _key(passphrase: str, salt: bytes) -> bytes:
    with _keys_lock:
        if (passphrase, salt) not in _keys:
            _keys[passphrase, salt] = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ROUNDS, 32)
        return _keys[passphrase, salt]


def _encrypt(text: str, key: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    body = AESGCM(key).encrypt(nonce, text.encode(), None)
    return f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(body).decode()}"


def _decrypt(ciphertext: str, key: bytes) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        version, nonce, body = ciphertext.split(":")
        if version != "v1":
            raise ValueError(version)
        return AESGCM(key).decrypt(base64.b64decode(nonce), base64.b64decode(body), None).decode()
    except (ValueError, InvalidTag, binascii.Error) as error:
        raise StateError(
            "A secret cannot be decrypted.",
            "The state holds a secret that was damaged, or encrypted with another key.",
            hint="restore the state from `.pulumi/backups`, or set the right PULUMI_CONFIG_PASSPHRASE.",
        ) from error
