"""What an asset or archive holds, as a hash: two of them are the same when their contents are."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from mlops_iac.engine.values.value import Archive, Asset

A = TypeVar("A", Asset, Archive)


def hashed(value: A) -> A:
    """The asset or archive with its hash. A path that cannot be read keeps none: whoever uses the file will say why."""
    try:
        return replace(value, hash=_hash(value))
    except OSError:
        return value


def _hash(value: Asset | Archive) -> str:
    if isinstance(value, Asset):
        if value.text is not None:
            return hashlib.sha256(value.text.encode()).hexdigest()
        return _hash_path(Path(value.path)) if value.path else ""
    if value.assets is not None:
        lines = [f"{name}\0{part.hash}" for name, part in sorted(value.assets.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return _hash_path(Path(value.path)) if value.path else ""


def _hash_path(path: Path) -> str:
    """A file's bytes; of a folder, the sorted names of its files with theirs."""
    if not path.is_dir():
        if not path.is_file():
            raise OSError("it is no file")  # a device or a pipe has no end
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    lines = [f"{file.relative_to(path).as_posix()}\0{_hash_path(file)}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
