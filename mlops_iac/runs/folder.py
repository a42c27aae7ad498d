"""A team's code folder, read for packing: which files travel, and what they are."""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlops_iac.core.errors import RunError
from mlops_iac.runs.ignore import IGNORE_FILE, Ignore
from mlops_iac.runs.secrets import Secret, find_in_content, find_in_name, problems_of

LARGEST_CODE = 50 * 1024 * 1024
"""Bytes of all files together, wheels not counted. Code is small; what is larger is data or a model."""

MOST_FILES = 5_000


@dataclass(frozen=True)
class CodeFile:
    name: str
    """Path inside the folder, with forward slashes."""
    path: Path
    """Where it lies on this machine."""
    size: int
    sha256: str
    executable: bool = False


def read_code_folder(folder: Path, allowed: Collection[str] = ()) -> tuple[CodeFile, ...]:
    """The files that travel, sorted by name.

    Raises RunError when the folder is missing, empty or too large, and for likely secrets in files that are not
    ``allowed``, which are names or patterns inside the folder.
    """
    if not folder.is_dir():
        raise RunError(
            "Code folder is missing.",
            f"`{folder}` is not a folder.",
            hint="write the folder of the team's scripts as `code` in the stack file, relative to the project.",
        )
    files: list[CodeFile] = []
    secrets: list[Secret] = []
    total = 0
    for path, name in walk(folder, Ignore.read(folder)):
        total += path.stat().st_size
        if total > LARGEST_CODE or len(files) >= MOST_FILES:
            raise too_large(folder)
        content = read_content(path, name)
        files.append(describe(path, name, content))
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed):
            by_name = find_in_name(name)
            secrets += [by_name] if by_name else find_in_content(name, content)
    if secrets:
        raise RunError.of(problems_of(secrets, str(folder)))
    if not files:
        raise RunError("Code folder is empty.", f"`{folder}` holds no files to pack.", hint="put the scripts there.")
    return tuple(sorted(files, key=lambda file: file.name))


def walk(folder: Path, ignore: Ignore) -> Iterator[tuple[Path, str]]:
    """Every file that is not ignored, with its name inside the folder. Links that lead out of it are refused."""
    top = folder.resolve()
    for parent, folders, names in os.walk(folder, followlinks=False):
        inside = PurePosixPath(Path(parent).relative_to(folder).as_posix())
        folders[:] = sorted(name for name in folders if not ignore.matches(inside / name, is_folder=True))
        for name in (*names, *(child for child in folders if os.path.islink(os.path.join(parent, child)))):
            path = Path(parent, name)
            if ignore.matches(inside / name, is_folder=False):
                continue
            check_name(inside / name)
            check_link(path, top, str(inside / name))
            if path.is_file():
                yield path, str(inside / name)


def check_link(path: Path, top: Path, name: str) -> None:
    """Refuse links that lead out of the folder, and links to folders: neither would be the same inside a job."""
    if not path.is_symlink():
        return
    try:
        target = path.resolve()
    except (OSError, RuntimeError) as error:  # Python 3.13 leaves a circle unresolved, older ones raise
        raise _unpackable(name, "itself, in a circle") from error
    if not target.is_relative_to(top):
        raise RunError(
            "Code folder leads out of itself.",
            f"`{name}` is a link to `{target}`, which lies outside `{top}`.",
            hint=f"copy what the link points to into the folder, or name it in {IGNORE_FILE}.",
        )
    if target.is_dir() or not target.exists():
        raise _unpackable(name, f"a folder: `{target}`" if target.is_dir() else f"nothing: `{target}`")


def _unpackable(name: str, what: str) -> RunError:
    return RunError(
        "Link cannot be packed.",
        f"`{name}` is a link to {what}.",
        hint=f"replace it with the files themselves, or name it in {IGNORE_FILE}.",
    )


def check_name(name: PurePosixPath) -> None:
    """Refuse a name that is no text: archives, and the containers that unpack them, have UTF-8 names."""
    try:
        str(name).encode()
    except UnicodeEncodeError as error:
        raise RunError(
            "File name cannot be packed.",
            f"{str(name)!a} is not UTF-8.",
            hint=f"rename the file, or match it by a pattern in {IGNORE_FILE}.",
        ) from error


def check_inside(folder: Path, root: Path) -> None:
    """Refuse a code folder that is a link out of the project, as the preview does. Raises RunError."""
    if not folder.resolve().is_relative_to(root.resolve()):
        raise RunError(
            "The code folder is outside the project.",
            f"`{folder}` leads to `{folder.resolve()}`, which lies outside `{root}`.",
            hint="put the code into the project's folder.",
        )


def read_content(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunError("Code cannot be read.", f"`{name}`: {error.strerror}.", hint="check its permissions.") from error


def describe(path: Path, name: str, content: bytes) -> CodeFile:
    return CodeFile(
        name=name,
        path=path,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        executable=os.access(path, os.X_OK),
    )


def too_large(folder: Path) -> RunError:
    """Names the largest entries, because that is what a person needs to see."""
    sizes: dict[str, int] = {}
    for path, name in walk(folder, Ignore.read(folder)):
        top = name.split("/")[0]
        sizes[top] = sizes.get(top, 0) + path.stat().st_size
    largest = sorted(sizes, key=lambda name: -sizes[name])[:5]
    listed = "\n".join(f"{sizes[name] / 1e6:9.1f} MB  {name}" for name in largest)
    return RunError(
        "Code folder is too large.",
        f"`{folder}` has more than {LARGEST_CODE // 1024**2} MiB or {MOST_FILES} files. The largest:\n{listed}",
        hint=f"put data into the lake with `mlops-iac data put`, and name what is no code in {IGNORE_FILE}.",
    )
