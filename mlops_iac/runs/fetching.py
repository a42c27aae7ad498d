"""Get files of the lake onto this machine, and delete them there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import MlopsError, UsageError
from mlops_iac.runs.calls import calling
from mlops_iac.runs.data import Stored, find_stored, key_prefix
from mlops_iac.runs.hashes import hash_file
from mlops_iac.runs.lake import find_object
from mlops_iac.runs.unchanged import CHECKSUM

BATCH = 1000
"""Keys that one DeleteObjects takes: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Got:
    key: str
    file: Path
    size: int
    outcome: Literal["downloaded", "unchanged"]


def get(
    environment: Environment, clients: Clients, place: str, target: Path, *, overwrite: bool = False
) -> Iterator[Got]:
    """Download a file, or all files below a place that ends in a slash; yields each as it is done.

    A file goes onto ``target``, or into it when it is a folder; several go below it, named as they are below the place.
    Raises UsageError, before anything is downloaded, when there is nothing, or when files would be overwritten that
    are not the same.
    """
    found = find_stored(environment, clients, place)
    prefix = key_prefix(environment, place)
    goals = [(one, goal(one, prefix, target)) for one in found]
    same = {one.key for one, file in goals if is_same(environment, clients, one, file)}
    taken = [str(file) for one, file in goals if one.key not in same and os.path.lexists(file)]
    if taken and not overwrite:
        shown = ", ".join(taken[:5]) + (f" and {len(taken) - 5} more" if len(taken) > 5 else "")
        raise UsageError("Files would be overwritten.", f"Other content is in {shown}.", hint="add --overwrite.")
    for one, file in goals:
        if one.key in same:
            yield Got(one.key, file, one.size, "unchanged")
        else:
            download(environment, clients, one.key, file)
            yield Got(one.key, file, one.size, "downloaded")


def goal(stored: Stored, prefix: str, target: Path) -> Path:
    """Where an object goes. UsageError for a key that would leave the target."""
    if not prefix.endswith("/"):
        return target / PurePosixPath(stored.key).name if target.is_dir() else target
    below = stored.key.removeprefix(prefix)
    parts = below.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in below:
        raise UsageError(
            "The key cannot be a file's name.", f"`{stored.key}` has a part that is empty, `.` or `..`.",
            hint="get it by itself, and name the file that it goes to.",
        )  # fmt: skip
    return target.joinpath(*parts)


def is_same(environment: Environment, clients: Clients, stored: Stored, file: Path) -> bool:
    """Whether a file holds what the object does, as far as `data put` noted its checksum."""
    if not file.is_file() or file.stat().st_size != stored.size:
        return False
    head = find_object(environment, clients, stored.key) or {}
    return head.get("Metadata", {}).get(CHECKSUM) == hash_file(file)


def download(environment: Environment, clients: Clients, key: str, file: Path) -> None:
    """Write an object to a file, which gets its name when it is whole. MlopsError when the disk does not take it."""
    with calling("s3:GetObject", key):
        body = clients("s3").get_object(Bucket=environment.lake.bucket, Key=key)["Body"]
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{file.name[:100]}.", dir=file.parent)
            try:
                with os.fdopen(descriptor, "wb") as draft:
                    for chunk in body.iter_chunks(CHUNK):
                        draft.write(chunk)
                os.chmod(name, 0o666 & ~current_umask())
                os.replace(name, file)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise MlopsError(
                "The file cannot be written.", f"{file}: {error.strerror}.", hint="name a file in a folder of yours."
            ) from error


def current_umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def remove(environment: Environment, clients: Clients, found: Sequence[Stored]) -> Iterator[Stored]:
    """Delete objects; their versions stay in the lake, which is versioned. Yields each when it is gone."""
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        with calling("s3:DeleteObjects", batch[0].key):
            answer = clients("s3").delete_objects(
                Bucket=environment.lake.bucket, Delete={"Objects": [{"Key": one.key} for one in batch], "Quiet": True}
            )
        refused = {error["Key"]: error for error in answer.get("Errors", ())}
        yield from (one for one in batch if one.key not in refused)
        if refused:
            key, error = next(iter(refused.items()))
            more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
            said = f"{error.get('Code')}: {error.get('Message')}"
            raise MlopsError("Files could not be deleted.", f"{key}{more}: {said}.")
