"""S3 as a job of Spark sees it here: folders that mirror what the job names, fetched before it and stored after it.

A URI that names an object is a file; one below which objects lie is a folder with them; one with nothing behind it is
a place where nothing is yet. What the job leaves, changes or deletes in any of them happens to S3 when it has ended,
with the rights of its role.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, upload_file

URI: Final = re.compile(r"s3[an]?://[^\s,#'\"]+")
SEEN: Final = "/opt/ml/s3"
"""Where the job sees them: the bucket's name and the key follow."""

Signature = tuple[int, int]


class Staging:
    """Of one job. ``folder`` is what the job sees as `SEEN`."""

    def __init__(self, s3: Any, folder: Path) -> None:
        self._s3, self._folder = s3, folder
        self._fetched: dict[Path, Signature] = {}

    def localize(self, text: str) -> str:
        """The text with a file's URI for each of S3's; what lies there is fetched. Raises JobFailed."""
        return URI.sub(lambda found: f"file://{self._place(found[0])}", text)

    def fetch_file(self, uri: str, folder: Path) -> Path:
        """One object into another folder, which nothing is stored from. Raises JobFailed."""
        download(self._s3, Source(uri, "S3Object"), folder)
        return folder / uri.rpartition("/")[2]

    def store(self) -> None:
        """Make S3 what the folders are now. Raises JobFailed."""
        found = {path: _signature(path) for path in self._files()}
        for path, signature in sorted(found.items()):
            if self._fetched.get(path) != signature:
                upload_file(self._s3, path, self._uri(path))
        for path in sorted(self._fetched.keys() - found.keys()):
            self._delete(self._uri(path))

    def _place(self, uri: str) -> str:
        at = S3Uri.parse(re.sub(r"^s3[an]", "s3", uri))
        place = self._folder / at.bucket / at.key
        below = S3Uri(at.bucket, f"{at.key.rstrip('/')}/" if at.key else "")
        if not at.key.endswith("/") and at.key and self._is_object(at):
            self._remember(place.parent, Source(str(at), "S3Object"))
        elif self._has_objects(below):
            self._remember(place, Source(str(below)))
        place.parent.mkdir(parents=True, exist_ok=True)
        return f"{SEEN}/{at.bucket}/{at.key}"

    def _remember(self, folder: Path, source: Source) -> None:
        download(self._s3, source, folder)
        known = [path for path in folder.rglob("*") if path.is_file()]
        self._fetched |= {path: _signature(path) for path in known}

    def _is_object(self, at: S3Uri) -> bool:
        return any(found["Key"] == at.key for found in self._list(at, 1))

    def _has_objects(self, at: S3Uri) -> bool:
        return bool(self._list(at, 1))

    def _list(self, at: S3Uri, most: int) -> list[dict[str, Any]]:
        try:
            answer = self._s3.list_objects_v2(Bucket=at.bucket, Prefix=at.key, MaxKeys=most)
        except self._s3.exceptions.ClientError as error:
            raise JobFailed(f"{at} cannot be listed: {error}") from error
        return list(answer.get("Contents", ()))

    def _files(self) -> list[Path]:
        """Without the checksums that Hadoop puts beside files on a disk, and not on S3."""
        every = self._folder.rglob("*") if self._folder.is_dir() else ()
        return [path for path in every if path.is_file() and not path.is_symlink() and not _is_checksum(path)]

    def _uri(self, path: Path) -> S3Uri:
        bucket, _, key = path.relative_to(self._folder).as_posix().partition("/")
        return S3Uri(bucket, key)

    def _delete(self, at: S3Uri) -> None:
        try:
            self._s3.delete_object(Bucket=at.bucket, Key=at.key)
        except self._s3.exceptions.ClientError as error:
            raise JobFailed(f"{at} cannot be deleted: {error}") from error


def _signature(path: Path) -> Signature:
    known = path.stat()
    return known.st_size, known.st_mtime_ns


def _is_checksum(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".crc")
