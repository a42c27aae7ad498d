"""The token of one embedded cloud: 32 random bytes in a file that only its owner can read. Who knows them may call.

Clients carry it as their access key, so any AWS client does that is given the two variables of `mlops-iac env`. And the
cloud proves with it that it is the one a client looks for, before the client sends its key: a port may be somebody
else's by now.
"""

from __future__ import annotations

import base64
import functools
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mlops_iac.clients import Credentials

FILE: Final = "token"
BYTES: Final = 32

KEY_PREFIX: Final = "MLOPSIAC"
"""How each access key id of an embedded cloud's owner begins. AWS's own begin with AKIA or ASIA."""


@dataclass(frozen=True)
class Token:
    """The secret, and what is derived from it."""

    secret: bytes = field(repr=False)

    @functools.cached_property
    def owner(self) -> Credentials:
        """The owner's. The access key id is as secret as its other half: the embedded cloud looks at the id only."""
        id = base64.b32encode(self.derive("access key id")[:20]).decode()
        return Credentials(KEY_PREFIX + id, base64.b64encode(self.derive("secret access key")[:30]).decode())

    def prove(self, challenge: str) -> str:
        """What only somebody with the token can answer to a challenge."""
        return self.derive(f"proof of {challenge}").hex()

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, from which neither the token nor those of another purpose can be told."""
        return hmac.digest(self.secret, purpose.encode(), "sha256")


def read(home: Path) -> Token | None:
    """The token of the cloud in a folder; None when there is none, or when others could have read or made it.

    The file names its own inode: one that came with a copied or cloned folder names another, and is not trusted.
    """
    try:
        descriptor = os.open(home / FILE, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(descriptor) as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_mode & 0o077 or facts.st_uid != os.geteuid():
            return None
        words = file.read(256).split()
    try:
        inode, secret = int(words[0]), bytes.fromhex(words[1])
    except (ValueError, IndexError):
        return None
    return Token(secret) if inode == facts.st_ino and len(secret) == BYTES else None


def keep(home: Path) -> Token:
    """The token of a cloud that starts: the one it had, so that open terminals and notebooks go on, or a new one."""
    return read(home) or _make(home)


def _make(home: Path) -> Token:
    token = Token(secrets.token_bytes(BYTES))
    temporary = home / f".{FILE}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{os.fstat(descriptor).st_ino} {token.secret.hex()}\n")
    temporary.replace(home / FILE)
    return token
