"""A team's requirements.txt, resolved when its code is packed: exact versions, hashes, and the wheels themselves.

Jobs have no network, so whatever they install has to travel with the code. What the framework's image holds counts as
installed: pip meets a stand-in for each of those packages, so that it neither fetches them nor chooses another version.
The outcome is kept by content; the same requirements for the same platform are resolved once.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops_iac.core.cache import cache_folder
from mlops_iac.core.errors import RunError
from mlops_iac.core.frameworks import Framework
from mlops_iac.core.strict_json import read_json_file
from mlops_iac.runs.hashed import has_hashes, with_stand_ins
from mlops_iac.runs.hashes import hash_file
from mlops_iac.runs.pip import download_wheels
from mlops_iac.runs.platforms import Platform
from mlops_iac.runs.stand_ins import is_stand_in, write_stand_ins

REQUIREMENTS = "requirements.txt"
LOCK_FILE = "lock.json"
RECIPE = 1
"""Part of every key: raise it when the way requirements are resolved changes."""

_LOCAL = re.compile(r"^(-e|--editable|\.{0,2}/|\.$|file:)", re.IGNORECASE)
_INCLUDE = re.compile(r"^(?P<option>-r|-c|--[a-z-]+)[ =]?\s*(?P<file>\S+)")


@dataclass(frozen=True)
class Wheel:
    name: str
    """Name of the distribution, as its wheel spells it."""
    version: str
    path: Path
    sha256: str

    @property
    def file(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Locked:
    """What travels: the wheels, in the order of their names. None of them when the framework has everything."""

    wheels: tuple[Wheel, ...] = ()

    @property
    def text(self) -> str:
        """The requirements.txt that jobs install from, empty when there is nothing to install."""
        if not self.wheels:
            return ""
        pins = [f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}" for wheel in self.wheels]
        head = ["# Locked by mlops-iac from the team's requirements.txt. The wheels lie beside this file."]
        return "\n".join([*head, "--no-index", "--find-links wheels", *pins]) + "\n"


def lock_requirements(folder: Path, framework: Framework, platform: Platform) -> Locked:
    """The lock of a code folder's requirements.txt, from the cache or from pip. Raises RunError."""
    file = folder / REQUIREMENTS
    if not file.is_file():
        return Locked()
    texts = list(read_texts(file, folder))
    kept = cache_folder() / "wheels" / cache_key(texts, framework, platform)
    return find_lock(kept) or resolve(file, texts, framework, platform, kept)


def read_texts(file: Path, folder: Path, seen: frozenset[Path] = frozenset()) -> Iterator[str]:
    """The text of a requirements file and of those it includes. Raises RunError for what cannot travel."""
    name = os.path.relpath(file, folder)
    if not file.resolve().is_relative_to(folder.resolve()):
        raise RunError(
            "Requirements lie outside the code folder.",
            f"`{name}` is not read: only what is in `{folder}` travels.",
            hint="copy that file into the code folder.",
        )
    try:
        text = decode(file.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(
            "Requirements cannot be read.",
            f"`{name}`: {error}.",
            hint="save it, and each that it includes, as UTF-8, or as UTF-16 with its mark.",
        ) from error
    yield text
    seen |= {file.resolve()}
    for number, line in enumerate(text.splitlines(), 1):
        check_line(line.strip(), file, number)
        included = find_include(line.strip())
        if included:
            path = file.parent / included
            if path.resolve() not in seen:
                yield from read_texts(path, folder, seen)


def decode(data: bytes) -> str:
    """Text as pip reads it: by its byte order mark, which Windows' shells write, else UTF-8."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if utf_16 else "utf-8-sig")


def find_include(line: str) -> str | None:
    """The file that a line includes. pip takes the beginning of a long option for the whole: ``--req``."""
    found = _INCLUDE.match(line)
    if found is None:
        return None
    option = found["option"].lstrip("-")
    return found["file"] if any(known.startswith(option) for known in ("requirement", "constraint")) else None


def check_line(line: str, file: Path, number: int) -> None:
    if _LOCAL.match(line):
        raise RunError(
            "Requirement cannot travel.",
            f"`{line}` is a folder or file of this machine.",
            hint="put the package's folder into the code folder and import it from there: the folder travels as it is.",
            file=str(file),
            line=number,
        )


def cache_key(texts: list[str], framework: Framework, platform: Platform) -> str:
    """Says everything that the outcome depends on, except what a package index holds today."""
    parts = [str(RECIPE), str(framework), *framework.packages, str(platform), *texts]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def find_lock(kept: Path) -> Locked | None:
    """The lock in a cache folder; None when there is none, or when a wheel is missing or damaged."""
    try:
        entries = read_json_file(kept / LOCK_FILE)
        wheels = tuple(Wheel(e["name"], e["version"], kept / e["file"], e["sha256"]) for e in entries)
        intact = all(hash_file(wheel.path) == wheel.sha256 for wheel in wheels)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Locked(wheels) if intact else None


def resolve(file: Path, texts: list[str], framework: Framework, platform: Platform, kept: Path) -> Locked:
    """Let pip choose and fetch, in a folder aside that is renamed when complete."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".resolving-") as aside:
        stand_ins, fetched = Path(aside, "stand-ins"), Path(aside, "wheels")
        constraints = write_stand_ins(framework.packages, stand_ins)
        fetched.mkdir()
        if has_hashes(texts):
            file = Path(aside, REQUIREMENTS)
            file.write_text(with_stand_ins(texts, framework, stand_ins), encoding="utf-8")
        download_wheels(file, fetched, platform, framework, constraints=constraints, links=stand_ins)
        for wheel in fetched.iterdir():
            if is_stand_in(wheel.name):
                wheel.unlink()
        locked = Locked(tuple(read_wheel(path) for path in sorted(fetched.glob("*.whl"))))
        entries = [{"name": w.name, "version": w.version, "file": w.file, "sha256": w.sha256} for w in locked.wheels]
        (fetched / LOCK_FILE).write_text(json.dumps(entries, indent=1), encoding="utf-8")
        keep(fetched, kept)
    return find_lock(kept) or locked


def keep(fetched: Path, kept: Path) -> None:
    """Move into place. Another process may have been faster with the same content, and a damaged one is replaced."""
    if find_lock(kept) is not None:
        return
    shutil.rmtree(kept, ignore_errors=True)
    os.replace(fetched, kept)


def read_wheel(path: Path) -> Wheel:
    """``tabulate-0.9.0-py3-none-any.whl``, by its name. pip fetched it, so the name is one."""
    from packaging.utils import parse_wheel_filename

    name, version, _, _ = parse_wheel_filename(path.name)
    return Wheel(name, str(version), path, hash_file(path))
