"""Where states are kept, by the URL that `pulumi login` takes: ``file://…`` or ``s3://bucket/prefix``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from mlops_iac.clients import Clients
from mlops_iac.core.errors import UsageError

S3_OPTIONS: Final = ("region", "profile", "endpoint", "s3ForcePathStyle", "disableSSL", "awssdk")
"""What Pulumi's URLs of buckets may say (gocloud.dev/blob/s3blob); ours read the region and leave the rest to it."""

MakeClients = Callable[[str], Clients]
"""Clients of a region; of none in particular for the empty text."""


class StatePlace(Protocol):
    """A backend's files, by their keys below its root, with forward slashes."""

    url: str
    """As a person may write it again."""

    def read(self, key: str) -> str | None:
        """The file's text; None where there is none. Raises StateError or CloudError."""

    def write(self, key: str, text: str) -> None:
        """The whole file or nothing of it."""

    def delete(self, key: str) -> None:
        """Nothing where there is none."""

    def keys(self, prefix: str) -> list[str]:
        """Of all files below, sorted."""

    def held(self, project: str, stack: str) -> AbstractContextManager[None]:
        """Nobody else changes the stack meanwhile. Raises StateError with who holds it."""


def open_place(url: str, project: str, clients: MakeClients, *, root: Path) -> StatePlace:
    """Raises UsageError for what is no such URL. ``root``: where a relative folder starts."""
    from mlops_iac.relocating.bucket import BucketPlace
    from mlops_iac.relocating.folder import FolderPlace

    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.query:
        folder = Path((parts.netloc + parts.path) or "~").expanduser()
        return FolderPlace(folder if folder.is_absolute() else (root / folder).resolve())
    if parts.scheme == "s3" and parts.netloc:
        said = dict(parse_qsl(parts.query))
        unknown = [key for key in said if key not in S3_OPTIONS]
        if not unknown:
            return BucketPlace(clients(said.get("region", "")), parts.netloc, parts.path.strip("/"), url)
    raise UsageError(
        "This is no place for states.",
        f"Value given: {url}. It is file://FOLDER, or s3://BUCKET/PREFIX?region=REGION.",
        hint="as `pulumi login` takes it; `mlops-iac bootstrap` makes a bucket and says its URL.",
    )
