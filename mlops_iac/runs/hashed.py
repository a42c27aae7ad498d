"""Requirements with hashes, as pip-compile and uv write them, where the image holds some of the packages.

One hash makes pip ask for the hash of everything (https://pip.pypa.io/en/stable/topics/secure-installs/), and PyPI's
hash of numpy is not that of the stand-in for the image's numpy. So lines that pin what the image holds, in the version
that it holds, name the stand-in and its hash instead; every other line stays as the team wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mlops_iac.core.frameworks import Framework
from mlops_iac.runs.hashes import hash_file
from mlops_iac.runs.stand_ins import LOCAL

_HASH = re.compile(r"\s--hash[= ]")
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?\s*==\s*(?P<version>[^\s;,]+)")
_INCLUDES = re.compile(r"(-r|-c|--r\w*|--c\w*)[ =]")


def has_hashes(texts: Iterable[str]) -> bool:
    return any(_HASH.search(text) for text in texts)


def with_stand_ins(texts: Iterable[str], framework: Framework, stand_ins: Path) -> str:
    """One requirements file of all texts, those that are included among them."""
    held = {_plain(name): version.split("+")[0] for name, _, version in (p.partition("==") for p in framework.packages)}
    lines = [line for text in texts for line in _joined(text) if line and not _INCLUDES.match(line)]
    kept = [line for line in lines if not _is_held(line, held)]
    named = {_plain(found["name"]) for line in kept if (found := _PINNED.match(line))}
    own = [_pin(name, version, stand_ins) for name, version in held.items() if name not in named]
    return "\n".join([*kept, *own]) + "\n"


def _is_held(line: str, held: dict[str, str]) -> bool:
    found = _PINNED.match(line)
    return found is not None and held.get(_plain(found["name"])) == found["version"].split("+")[0]


def _pin(name: str, version: str, stand_ins: Path) -> str:
    wheel = stand_ins / f"{name.replace('-', '_')}-{version}{LOCAL}-py3-none-any.whl"
    return f"{name}=={version}{LOCAL} --hash=sha256:{hash_file(wheel)}"


def _joined(text: str) -> list[str]:
    """Lines without comments, each with those that a backslash continues it by."""
    joined = re.sub(r"\\\r?\n", " ", text)
    return [re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines()]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
