"""What a signature of a model says, and how it is written: who signs and who verifies must read the same bytes.

This file is part of functions' code on AWS Lambda and needs nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

ALGORITHM: Final = "ECDSA_SHA_256"
"""https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html"""

KEY_SPEC: Final = "ECC_NIST_P256"
"""Its signatures have 72 bytes at most: as text they fit into the registry's metadata, which keeps 256 characters."""

BLOCK: Final = 8 * 1024 * 1024


def message_of(stack: str, model: str, digest: str) -> bytes:
    """What is signed: whose model it is, where its archive lies, and the archive's SHA-256 in hex.

    With the place in it, the signature of one archive is none of another that has the same bytes elsewhere.
    """
    said = {"digest": digest, "model": model, "stack": stack}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def digest_of(s3: Any, uri: str) -> str:
    """SHA-256 of an archive as it lies there, in hex."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    summed = hashlib.sha256()
    for block in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(BLOCK):
        summed.update(block)
    return summed.hexdigest()
