"""A bill that was worked out before, for as long as nothing that it follows from has changed.

To price an environment its program is run, which takes a second or two. What came out is kept beside the state, with a
digest of everything that goes into it: the project's files, the team's code folder, the state, the variables that are
read, this package and what is installed beside it, and the day. One byte of any of them makes another digest.

Beside it lies what was priced (`cost/parts.py`), with a digest of what the program follows from: the settings without
comments and without the use that is assumed, names in the code folder, and of its files those that the program opened.
While that one is as it was, the same things are priced again, and no program is run.

A project whose ``__main__.py`` does something of its own may read anything, and so may an installed package's
blueprint: of those nothing is kept.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from mlops_iac.config.project import PROJECT, PROJECT_FILE, stack_path
from mlops_iac.core.errors import ConfigError
from mlops_iac.core.plugins import folders
from mlops_iac.core.refreshed_prices import find_file
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.core.syntax_trees import parse
from mlops_iac.cost.bill import CostChange

STANDARD_PROGRAM: Final = ast.dump(parse("from mlops_iac.program import main\n\nmain()\n"))
"""A ``__main__.py`` that does nothing of its own, whatever its comments."""

VARIABLES: Final = ("AWS_", "MLOPS_IAC_", "PULUMI_")
"""What the variables begin with that a stack and its state depend on."""

HOME: Final = ".mlops-iac"

USAGE: Final = (("config", f"{PROJECT}:usage"), ("defaults", "usage"), ("groups", "*", "defaults", "usage"))
"""Where a stack file and a company file say the use that is assumed."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What `mlops-iac cost` shows."""

    change: CostChange
    usage: dict[str, float]
    file: str
    """Where the use is assumed, as people see it."""
    value: dict[str, Any]
    """What the environment is for, as its stack file says it (`config/value.py`)."""
    notices: tuple[str, ...] = ()
    """What was said while it was worked out."""

    @property
    def share(self) -> float | None:
        """Of what it is expected to bring, that a month costs. None where nothing is expected."""
        expected = self.value.get("expected_usd_a_month")
        return self.change.becomes / expected if expected else None

    def record(self) -> dict[str, Any]:
        told = {"usage": self.usage, "value": self.value, "file": self.file, "notices": [*self.notices]}
        return {"change": self.change.record(), **told}

    @classmethod
    def of_record(cls, body: Any) -> Self:
        return cls(
            change=CostChange.of_record(body["change"]),
            usage=dict(body["usage"]),
            value=dict(body["value"]),
            file=str(body["file"]),
            notices=tuple(map(str, body["notices"])),
        )


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a program made, to be priced again."""

    digest: str
    watched: tuple[str, ...]
    """Folders of the project that the program reads."""
    opened: tuple[str, ...]
    """Files in them that it opened."""
    sides: Mapping[str, Any]
    """As `parts.record_of` has them."""
    notices: tuple[str, ...] = ()

    @classmethod
    def of_record(cls, body: Any) -> Self:
        lists = {key: tuple(map(str, body[key])) for key in ("watched", "opened", "notices")}
        return cls(digest=str(body["digest"]), sides=dict(body["sides"]), **lists)


def find_kept(root: Path, stack: str) -> Kept | None:
    """The bill that was kept, if all that it follows from is as it was."""
    try:
        body = read_json(_file(root, stack).read_bytes())
        if body["digest"] == digest(root, stack, body["watched"]):
            return Kept.of_record(body)
    except (OSError, NotStrictJson, ValueError, KeyError, TypeError):
        return None
    return None


def find_made(root: Path, stack: str) -> Made | None:
    """What the program made, if it would make the same now."""
    try:
        made = Made.of_record(read_json(_file(root, stack).read_bytes())["made"])
        return made if made.digest == program_digest(root, stack, made.watched, made.opened) else None
    except (OSError, NotStrictJson, ConfigError, ValueError, KeyError, TypeError):
        return None


def keep(root: Path, stack: str, found: Kept, *, digest: str, watched: Sequence[str], made: Made | None = None) -> None:
    """Keep it. That it cannot be written costs only time."""
    from mlops_iac.core.errors import StateError
    from mlops_iac.engine.state.files import make_folder, write_file

    file = _file(root, stack)
    with contextlib.suppress(StateError):
        make_folder(file.parent)
        body = {"digest": digest, "watched": [*watched], **found.record(), "made": asdict(made) if made else None}
        write_file(file, json.dumps(body))


def may_be_kept(root: Path) -> bool:
    """Whether the project's program is the usual one, which reads what `digest` knows of and nothing else."""
    try:
        return ast.dump(parse((root / "__main__.py").read_text("utf-8"))) == STANDARD_PROGRAM
    except (OSError, ValueError, SyntaxError):
        return False


def digest(root: Path, stack: str, watched: Sequence[str]) -> str:
    """Of everything that a stack's bill follows from. ``watched``: folders of the project that it reads."""
    found = hashlib.sha256()
    for part in _parts(root, stack, watched):
        found.update(repr(part).encode(errors="surrogateescape"))
    return found.hexdigest()


def program_digest(root: Path, stack: str, watched: Sequence[str], opened: Sequence[str]) -> str:
    """Of everything that what a program makes follows from: not of the day, of prices, of comments, of the use that is
    assumed, and of files that it does not open. Raises ConfigError and OSError for settings that cannot be read."""
    found = hashlib.sha256()
    for part in (*_settings(root, stack), *_around(root, stack), *_read_in(root, watched, opened)):
        found.update(repr(part).encode(errors="surrogateescape"))
    return found.hexdigest()


def _settings(root: Path, stack: str) -> Iterator[Any]:
    """As values, which a comment is none of."""
    from mlops_iac.config.company import COMPANY_FILE
    from mlops_iac.config.document import parse_document
    from mlops_iac.config.text import read_text

    for file in (stack_path(root, stack), root / COMPANY_FILE):
        values = parse_document(read_text(file, root, file.name), file.name).values if file.is_file() else None
        yield file.name, _without_usage(values, USAGE)
    for file in (root / PROJECT_FILE, root / "__main__.py"):
        yield file.name, file.read_bytes() if file.is_file() else None


def _without_usage(value: Any, paths: Sequence[Sequence[str]]) -> Any:
    """Mappings without what lies at one of the paths, in which `*` stands for any key."""
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, one in value.items():
        below = [tuple(path[1:]) for path in paths if path and path[0] in (key, "*")]
        if () not in below:
            kept[key] = _without_usage(one, below)
    return kept


def _read_in(root: Path, watched: Sequence[str], opened: Sequence[str]) -> Iterator[Any]:
    """Of a folder all names, and what was opened."""
    for folder in watched:
        yield sorted(path for path, *_ in _below(root / folder))
    yield [_seen(Path(path)) for path in sorted(opened)]


def _parts(root: Path, stack: str, watched: Sequence[str]) -> Iterator[Any]:
    yield f"{datetime.now(UTC):%Y-%m-%d}"
    for file in (root / PROJECT_FILE, root / "__main__.py", root / "mlops-iac.yaml", stack_path(root, stack)):
        yield file.name, file.read_bytes() if file.is_file() else None
    prices = find_file()
    yield str(prices), prices.read_bytes() if prices else None
    for folder in watched:
        yield sorted(_below(root / folder))
    yield from _around(root, stack)


def _around(root: Path, stack: str) -> Iterator[Any]:
    """What surrounds a project's settings: variables, the state, this package and what is installed beside it."""
    yield str(root), stack, sys.version
    yield sorted((key, value) for key, value in os.environ.items() if key.startswith(VARIABLES))
    home = root / HOME
    states = [*(home / "state" / ".pulumi" / "stacks").glob(f"*/{stack}.*"), home / "passphrase"]
    yield sorted(map(_seen, states))
    yield sorted(_below(Path(__file__).parents[1]))
    yield [_seen(Path(folder)) for folder in folders()]  # what is installed or removed changes the folder


def _below(folder: Path) -> Iterator[tuple[Any, ...]]:
    """Every file that a program may read there. Hidden folders are not read."""
    for place, inner, files in os.walk(folder, followlinks=True):
        inner[:] = [name for name in inner if not name.startswith(".") and name != "__pycache__"]
        for name in files:
            yield _seen(Path(place, name))


def _seen(path: Path) -> tuple[Any, ...]:
    """What tells a file from what it was. Nobody who changes it can set the time of its last change (ctime)."""
    try:
        known = path.stat()
    except OSError:
        return str(path), None
    return str(path), known.st_size, known.st_mtime_ns, known.st_ctime_ns, known.st_ino


def _file(root: Path, stack: str) -> Path:
    return root / HOME / "cost" / f"{stack}.json"
