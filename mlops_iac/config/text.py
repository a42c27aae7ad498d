"""The text of a stack file or a project file, read so that no file can hang, flood or leave the project."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from mlops_iac.core.errors import ConfigError

MAX_BYTES = 256 * 1024
"""Largest stack file; a real one has about 2 KiB."""

WRITE_ONE = "remove it; `mlops-iac new` writes a stack file, `mlops-iac init` a project file."

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What is not text: control characters other than tab and line breaks, and halves of surrogate pairs."""


def read_text(path: Path, root: Path, shown: str) -> str:
    """The text of a file inside `root`; ConfigError naming `shown` when it is not a plain, small UTF-8 file."""
    return decode(_read_bytes(_resolve(path, root, shown), shown), shown)


def _resolve(path: Path, root: Path, shown: str) -> Path:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "its links go in a circle"
        hint = "put a file there, not a link."
        raise ConfigError("The file cannot be read.", f"{reason}.", hint=hint, file=shown) from error
    if not real.is_relative_to(root.resolve()):
        raise ConfigError(
            "The file is a link out of the project.",
            "It may be a link, but only to a file inside the project.",
            hint="put the file itself there.",
            file=shown,
        )
    return real


def _read_bytes(path: Path, shown: str) -> bytes:
    # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        hint = "look at who owns it, and what its mode allows."
        raise ConfigError("The file cannot be read.", f"{error.strerror}.", hint=hint, file=shown) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConfigError(
                "The file is not a file.",
                "It is a folder, a pipe, a socket or a device.",
                hint=WRITE_ONE,
                file=shown,
            )
        data = bytearray()
        while len(data) <= MAX_BYTES and (chunk := os.read(descriptor, MAX_BYTES + 1 - len(data))):
            data += chunk
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        detail = f"It may have {MAX_BYTES // 1024} KiB at most."
        raise ConfigError("The file is too large.", detail, hint="keep data in files of their own.", file=shown)
    return bytes(data)


def decode(data: bytes, shown: str) -> str:
    """Bytes to text: UTF-8, no byte order mark, no control characters, not empty."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError(
            "The file starts with a byte order mark.",
            "It must be UTF-8 without a mark.",
            hint="save it as “UTF-8”, not “UTF-8 with BOM” or “UTF-16”.",
            file=shown,
        )
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        detail = f"Byte {error.start} is 0x{data[error.start]:02x}, which is not UTF-8."
        raise ConfigError("The file is not UTF-8.", detail, hint="save it as UTF-8.", file=shown, line=line) from error
    control = CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        detail = f"It holds the control character U+{ord(control[0]):04X}; it must be plain text."
        raise ConfigError("The file is not text.", detail, hint="remove the character.", file=shown, line=line)
    if not text.strip():
        raise ConfigError("The file is empty.", "It must hold a mapping.", hint=WRITE_ONE, file=shown)
    return text
