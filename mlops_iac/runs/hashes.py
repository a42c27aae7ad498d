"""What a file holds, in one number."""

from __future__ import annotations

import hashlib
from pathlib import Path


def hash_file(path: Path) -> str:
    """SHA-256 in hexadecimal, as pip and S3 metadata of ours write it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
