"""A team's code folder, read for packing: which files travel, and what they are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlops_iac.core.errors import RunError
from mlops_iac.runs.ignore import IGNORE_FILE, Ignore

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


def read_code_folder(folder: Path) -> tuple[CodeFile, ...]:
    """The files that travel, sorted by name. Raises RunError when the folder is missing, empty or too large."""
    if not folder.is_dir():
        raise RunError(
            "Code folder is missing.",
            f"`{folder}` is not a folder.",
            hint="write the folder of the team's scripts as `code` in the stack file, relative to the project.",
        )
    files: list[CodeFile] = []
    total = 0
    for path, name in walk(folder, Ignore.read(folder)):
        total += path.stat().st_size
        if total > LARGEST_CODE or len(files) >= MOST_FILES:
            raise too_large(folder)
        files.append(read_file(path, name))
    if not files:
        raise RunError("Code folder is empty.", f"`{folder}` holds no files to pack.", hint="put the scripts there.")
    return tuple(sorted(files, key=lambda file: file.name))


def walk(folder: Path, ignore: Ignore) -> Iterator[tuple[Path, str]]:
    """Every file that is not ignored, with its name inside the folder. Links that lead out of it are refused."""
    top = folder.resolve()
    for parent, folders, names in os.walk(folder, followlinks=False):
        inside = PurePosixPath(Path(parent).relative_to(folder).as_posix())
        folders[:] = sorted(name for name in folders if not ignore.matches(inside / name))
        for name in (*names, *(child for child in folders if os.path.islink(os.path.join(parent, child)))):
            path = Path(parent, name)
            if ignore.matches(inside / name):
                continue
            check_link(path, top, str(inside / name))
            if path.is_file():
                yield path, str(inside / name)


def check_link(path: Path, top: Path, name: str) -> None:
    """Refuse links that lead out of the folder, and links to folders: neither would be the same inside a job."""
    if not path.is_symlink():
        return
    target = path.resolve()
    if not target.is_relative_to(top):
        raise RunError(
            "Code folder leads out of itself.",
            f"`{name}` is a link to `{target}`, which lies outside `{top}`.",
            hint=f"copy what the link points to into the folder, or name it in {IGNORE_FILE}.",
        )
    if target.is_dir() or not target.exists():
        what = "a folder" if target.is_dir() else "nothing"
        raise RunError(
            "Link cannot be packed.",
            f"`{name}` is a link to {what}: `{target}`.",
            hint=f"replace it with the files themselves, or name it in {IGNORE_FILE}.",
        )


def read_file(path: Path, name: str) -> CodeFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError("Code cannot be read.", f"`{name}`: {error.strerror}.", hint="check its permissions.") from error
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
