"""Requirements with hashes, as pip-compile and uv write them, where the image holds some of the packages.

One hash makes pip ask for the hash of everything (https://pip.pypa.io/en/stable/topics/secure-installs/), and PyPI's
hash of numpy is not that of the stand-in for the image's numpy. So lines that pin what the image holds, in the version
that it holds, name the stand-in and its hash instead; every other line stays as the team wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mlops_iac.core.frameworks import Framework
from mlops_iac.runs.hashes import hash_file
from mlops_iac.runs.stand_ins import LOCAL

_HASH = re.compile(r"\s--hash[= ]")
_INCLUDES = re.compile(r"(-r|-c|--r\w*|--c\w*)[ =]")


def has_hashes(texts: Iterable[str]) -> bool:
    return any(_HASH.search(text) for text in texts)


def with_stand_ins(texts: Iterable[str], framework: Framework, stand_ins: Path) -> str:
    """One requirements file of all texts, those that are included among them."""
    held = {pin.name: pin.version for pin in map(_find_pin, framework.packages) if pin}
    lines = [line for text in texts for line in _joined(text) if line and not _INCLUDES.match(line)]
    pins = {line: _find_pin(line) for line in lines}
    kept = [line for line in lines if not _is_held(pins[line], held)]
    named = {pin.name for line in kept if (pin := pins[line])}
    own = [_pin(name, version, stand_ins) for name, version in held.items() if name not in named]
    return "\n".join([*kept, *own]) + "\n"


class Pin(NamedTuple):
    name: str
    """As names are compared: https://packaging.python.org/en/latest/specifications/name-normalization"""
    version: str
    """Without the local part (``+cpu``), as it is written."""


def _find_pin(line: str) -> Pin | None:
    """What a line pins to one version (``numpy==2.1.0 --hash=…``); None for ranges, addresses, options of pip."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        requirement = Requirement(re.split(r"\s--", line, maxsplit=1)[0])
    except InvalidRequirement:
        return None
    specifiers = [*requirement.specifier]
    if len(specifiers) != 1 or specifiers[0].operator not in ("==", "===") or specifiers[0].version.endswith("*"):
        return None
    return Pin(canonicalize_name(requirement.name), specifiers[0].version.partition("+")[0])


def _is_held(pin: Pin | None, held: dict[str, str]) -> bool:
    from packaging.version import Version

    return pin is not None and pin.name in held and Version(held[pin.name]) == Version(pin.version)


def _pin(name: str, version: str, stand_ins: Path) -> str:
    wheel = stand_ins / f"{name.replace('-', '_')}-{version}{LOCAL}-py3-none-any.whl"
    return f"{name}=={version}{LOCAL} --hash=sha256:{hash_file(wheel)}"


def _joined(text: str) -> list[str]:
    """Lines without comments, each with those that a backslash continues it by."""
    joined = re.sub(r"\\\r?\n", " ", text)
    return [re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines()]
