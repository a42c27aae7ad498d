"""Checkpoints that tell whether they are whole. SageMaker copies the folder to S3 while the script writes it, and a
machine can be taken away at any moment, so a file may be cut anywhere; the one before it is used then."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

KEPT = 2
"""How many are there at the same time: the newest, and the one before it."""
DIGEST = hashlib.sha256


def write(folder: Path, step: int, content: bytes) -> None:
    """Put a checkpoint beside the others, then remove the oldest."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".step-{step:08d}"
    aside.write_bytes(DIGEST(content).digest() + content)
    os.replace(aside, folder / f"step-{step:08d}.pt")
    for old in sorted(folder.glob("step-*.pt"))[:-KEPT]:
        old.unlink()


def newest(folder: Path) -> bytes | None:
    """The newest that is whole; what is cut is told."""
    for file in sorted(folder.glob("step-*.pt"), reverse=True):
        content = file.read_bytes()
        digest, content = content[: DIGEST().digest_size], content[DIGEST().digest_size :]
        if DIGEST(content).digest() == digest:
            return content
        print(f"checkpoint {file.name} is cut ({file.stat().st_size:,} bytes); looking for the one before it")
    return None
