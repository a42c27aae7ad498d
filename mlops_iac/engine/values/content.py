"""What an asset or archive holds, as the hash that Pulumi's own engine gives it: a state goes from one to the other and
back without a change, and a provider that looks at the hash sees none.

An asset's is the SHA-256 of its bytes. An archive's is that of its files in a tar as Go writes one, each with mode
0600, nobody's, of 1970; of one packed file, that of the file (pulumi/pulumi, ``sdk/go/common/resource/archive``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from mlops_iac.engine.values.value import Archive, Asset

A = TypeVar("A", Asset, Archive)

BLOCK: Final = 512
LONGEST, LONGEST_PREFIX = 100, 155
"""Bytes of a name, and of the folders before it, that a header of POSIX's `ustar` holds."""
BOOKKEEPING: Final = ".pulumi"
"""Pulumi's own folder, which is in no archive."""
PACKED: Final = (".tar", ".tgz", ".tar.gz", ".zip", ".jar")


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
        return _hash_file(Path(value.path)) if value.path else ""
    if value.assets is None and not value.path:
        return ""
    if value.path and not Path(value.path).is_dir():
        return _hash_file(Path(value.path))
    try:
        summed = hashlib.sha256()
        for block in _tar(_files(value)):
            summed.update(block)
        return summed.hexdigest()
    except _Otherwise:
        return _hash_parts(value)


class _Otherwise(Exception):
    """What we cannot put into a tar as Go does: files of the network, packed files in an archive, names that take more
    than a plain header. Its hash is of our own then."""


def _hash_file(path: Path) -> str:
    if not path.is_file():
        raise OSError("it is no file")  # a device or a pipe has no end
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_parts(value: Asset | Archive) -> str:
    """Of the sorted names of its parts with theirs."""
    if isinstance(value, Archive) and value.path and Path(value.path).is_dir():
        parts = {name: hashlib.sha256(body).hexdigest() for name, body in _files(value)}
    elif isinstance(value, Archive) and value.assets is not None:
        parts = {name: _hash_parts(part) for name, part in value.assets.items()}
    else:
        return _hash(value)
    return hashlib.sha256("\n".join(f"{name}\0{part}" for name, part in sorted(parts.items())).encode()).hexdigest()


def _files(value: Archive) -> Iterator[tuple[str, bytes]]:
    """Names and bytes, in the order in which Pulumi packs them: parts by name, a folder's files by folder."""
    if value.assets is not None:
        for name, part in sorted(value.assets.items(), key=lambda one: one[0].encode()):
            if isinstance(part, Asset):
                yield name, _read(part)
            else:
                yield from ((str(PurePosixPath(name) / inside), body) for inside, body in _files(part))
        return
    if not value.path or value.path.endswith(PACKED) or not Path(value.path).is_dir():
        raise _Otherwise
    folder = Path(value.path)
    for file in sorted(folder.rglob("*"), key=lambda one: [part.encode() for part in one.relative_to(folder).parts]):
        inside = file.relative_to(folder)
        if file.is_file() and BOOKKEEPING not in inside.parts:
            yield inside.as_posix(), file.read_bytes()


def _read(asset: Asset) -> bytes:
    if asset.text is not None:
        return asset.text.encode()
    if not asset.path:
        raise _Otherwise
    if not Path(asset.path).is_file():
        raise OSError("it is no file")
    return Path(asset.path).read_bytes()


def _tar(files: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    seen = set()
    for name, body in files:
        if name not in seen:
            seen.add(name)
            yield from (_header(name, len(body)), body, bytes(-len(body) % BLOCK))
    yield bytes(2 * BLOCK)


def _header(name: str, size: int) -> bytes:
    prefix, name = _split(name)
    mode, nobody, none = b"0000600\0", b"0000000\0", b"%011o\0" % 0
    begin = name.encode().ljust(LONGEST, b"\0") + mode + nobody + nobody + b"%011o\0" % size + none
    kind, link, owners, device = b"0", bytes(LONGEST), bytes(64), nobody + nobody
    end = kind + link + b"ustar\x0000" + owners + device + prefix.encode().ljust(LONGEST_PREFIX, b"\0") + bytes(12)
    summed = sum(begin) + sum(8 * b" ") + sum(end)  # with blanks in its own place
    return begin + b"%06o\0 " % summed + end


def _split(name: str) -> tuple[str, str]:
    if not name.isascii() or "\0" in name:
        raise _Otherwise
    if len(name) <= LONGEST:
        return "", name
    prefix, _, rest = name[: LONGEST_PREFIX + 1].rpartition("/")
    rest = name[len(prefix) + 1 :]
    if not prefix or not rest or len(rest) > LONGEST:
        raise _Otherwise
    return prefix, rest
