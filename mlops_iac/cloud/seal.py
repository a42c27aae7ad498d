"""The seal on what this person's clouds leave on disk: encrypted, and known to be this person's own.

A snapshot is a pickle, and loading a pickle runs code; and it holds the private keys of the emulated KMS. A project's
folder is no proof of who wrote it: it may come with a clone or an archive. So the key lies outside of any project, in
the person's own folder for state, and nothing is read that was not sealed with it.

AES-256-GCM (NIST SP 800-38D) authenticates what it encrypts. Small records are signed with HMAC-SHA256.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from mlops_iac.core.errors import CloudError

_BYTES: Final = 32
_NONCE: Final = 12


class NotOurs(Exception):
    """It was not sealed with this person's key, or it was changed since."""


def key_path() -> Path:
    """``cloud.key`` in the user's state folder (``~/.local/state/mlops-iac`` on Linux; `XDG_STATE_HOME` moves it)."""
    return _path_in(os.environ.get("XDG_STATE_HOME"), os.environ.get("HOME"))


@functools.lru_cache(maxsize=4)
def _path_in(state: str | None, home: str | None) -> Path:
    """By the variables that `platformdirs` reads: a list of a thousand runs unseals as many records."""
    import platformdirs

    return Path(platformdirs.user_state_dir("mlops-iac", appauthor=False)) / "cloud.key"


def seal(content: bytes, purpose: bytes) -> bytes:
    """Encrypted and authenticated. Only `unseal` with the same ``purpose`` opens it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(b"seal")).encrypt(nonce, content, purpose)


def unseal(sealed: bytes, purpose: bytes) -> bytes:
    """What was sealed; raises NotOurs."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(_key(b"seal")).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose)
    except (InvalidTag, ValueError) as error:
        raise NotOurs from error


def sign(content: str) -> str:
    """Hexadecimal."""
    return hmac.new(_key(b"sign"), content.encode(), hashlib.sha256).hexdigest()


def is_signed(content: str, signature: object) -> bool:
    """Whether ``signature`` is this person's. Makes no key: without one nothing was signed."""
    if not isinstance(signature, str) or not key_path().exists():
        return False
    return hmac.compare_digest(sign(content).encode(), signature.encode())


def _key(use: bytes) -> bytes:
    """A key for one use, so that no use tells anything about another. The file is read again when it has changed."""
    path = key_path()
    try:
        found = path.stat()
    except OSError:
        return _derive(use, _read_or_make())
    return _remembered(use, path, (found.st_ino, found.st_mtime_ns, found.st_ctime_ns))


@functools.lru_cache(maxsize=8)
def _remembered(use: bytes, path: Path, stamp: tuple[int, ...]) -> bytes:
    return _derive(use, _read_or_make())


def _derive(use: bytes, key: bytes) -> bytes:
    return hmac.new(key, use, hashlib.sha256).digest()


def _read_or_make() -> bytes:
    path = key_path()
    try:
        with contextlib.suppress(FileNotFoundError):
            return _check(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)  # of two processes at once, one makes the key
        finally:
            temporary.unlink()
        return _check(path)
    except OSError as error:
        raise CloudError(
            "There is no place for the embedded cloud's key.",
            f"{path}: {error.strerror}. The state of the embedded cloud is encrypted with it.",
            hint="make that folder writable, or set XDG_STATE_HOME to one that is.",
        ) from error


def _check(path: Path) -> bytes:
    """The key, which nobody else may read or have written."""
    descriptor = os.open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        key = file.read(_BYTES + 1)
    fault = ""
    if found.st_uid != os.geteuid():
        fault = "it belongs to another user"
    elif found.st_mode & 0o077:
        fault = "other users may read it"
    elif len(key) != _BYTES:
        fault = f"it holds {len(key)} bytes, not {_BYTES}"
    if fault:
        raise CloudError(
            "The embedded cloud's key cannot be trusted.",
            f"{path}: {fault}.",
            hint=f"delete it (what was sealed with it is lost to the embedded cloud), or `chmod 600 {path}`.",
        )
    return key
