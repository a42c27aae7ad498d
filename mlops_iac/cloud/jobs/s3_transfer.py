"""A job's inputs from the emulated S3 and its outputs back into it, by SageMaker's rules for prefixes and archives."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.core.strict_json import read_json

_LONGEST_NAME: Final = 255
"""Bytes of a file's name on Linux (limits.h, NAME_MAX)."""


@dataclass(frozen=True)
class S3Uri:
    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> S3Uri:
        """``s3://bucket/key``; raises JobFailed for anything else."""
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc:
            raise JobFailed(f"ClientError: `{uri}` is not an S3 URI; it looks like s3://bucket/key.")
        # Not .path: a key may hold `?` and `#`.
        return cls(parts.netloc, uri.removeprefix(f"s3://{parts.netloc}").removeprefix("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, part: str) -> S3Uri:
        return S3Uri(self.bucket, f"{self.key.rstrip('/')}/{part}".lstrip("/"))


@dataclass(frozen=True)
class Source:
    """What SageMaker calls an S3DataSource or S3Input."""

    uri: str
    type: str = "S3Prefix"
    """S3Prefix, ManifestFile, S3Object."""
    sharded: bool = False
    """ShardedByS3Key: each instance gets its share of the objects."""


def list_objects(s3: Any, source: Source) -> list[tuple[S3Uri, str]]:
    """The objects of a source with their paths below the input's folder; raises JobFailed when there are none."""
    uri = S3Uri.parse(source.uri)
    try:
        objects = list(_manifest(s3, uri) if source.type == "ManifestFile" else _prefix(s3, uri))
    except s3.exceptions.ClientError as error:
        raise JobFailed(f"ClientError: Data download failed: {error}") from error
    if source.type == "S3Object":
        objects = [(found, path) for found, path in objects if found == uri]
    if not objects:
        raise JobFailed(no_objects(source.uri))
    return objects


def no_objects(uri: str) -> str:
    """SageMaker's words for an input that is not there."""
    bucket = S3Uri.parse(uri).bucket
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
        f'"{bucket}" exists, that objects exist under that S3 prefix, and that the role can list it.'
    )


def download(s3: Any, source: Source, folder: Path, host: int = 0, hosts: int = 1) -> int:
    """Fetch a source's objects into a folder, this host's share when sharded; answers how many bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    objects = list_objects(s3, source)
    check_paths(objects)
    if source.sharded:
        objects = sorted(objects, key=lambda found: str(found[0]))[host::hosts]
    return sum(_fetch(s3, uri, folder / path) for uri, path in objects)


def check_paths(objects: Iterable[tuple[S3Uri, str]]) -> None:
    """Refuse an input whose objects cannot all be files; raises JobFailed that names the key.

    S3's keys are no paths. In a folder ``a//b`` and ``a/b`` would be one file, ``a`` and ``a/b`` a file and a folder of
    one name, ``..`` another place, and a part of more than 255 bytes is no name: some object would be lost.
    """
    files: dict[str, S3Uri] = {}
    for uri, path in objects:
        parts = path.split("/")
        if not all(parts):
            raise _no_file(uri, "it has an empty part (`//`), or ends in `/` and is not empty")
        if not {".", ".."}.isdisjoint(parts):
            raise _no_file(uri, "it has a part `.` or `..`")
        if "\0" in path or any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts):
            raise _no_file(uri, f"it has a part of more than {_LONGEST_NAME} bytes, or a zero byte")
        files[path] = uri
    for path in files:
        for parent in PurePosixPath(path).parents:
            if str(parent) in files:
                raise _no_file(files[str(parent)], f"it is also the folder of `{files[path].key}`")


def _no_file(uri: S3Uri, why: str) -> JobFailed:
    return JobFailed(
        f"ClientError: Data download failed: the object with the key `{uri.key}` in `{uri.bucket}` cannot be a file of "
        f"the input: {why}."
    )


def upload_folder(s3: Any, folder: Path, target: S3Uri, key_id: str | None = None) -> int:
    """Store every file of a folder under a prefix; answers how many."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and not file.is_symlink()]
    for file in files:
        upload_file(s3, file, target / file.relative_to(folder).as_posix(), key_id)
    return len(files)


def upload_file(s3: Any, file: Path, target: S3Uri, key_id: str | None = None) -> None:
    """Store one file, encrypted with the given KMS key, else as the bucket says."""
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
    try:
        with file.open("rb") as body:
            s3.put_object(Bucket=target.bucket, Key=target.key, Body=body, **encryption)
    except s3.exceptions.ClientError as error:
        raise JobFailed(f"ClientError: Failed to upload {target}: {error}") from error
    except UnicodeEncodeError as error:
        raise JobFailed(f"ClientError: Failed to upload {target!r}: the file's name is not UTF-8.") from error


def pack(folder: Path, archive: Path) -> None:
    """``model.tar.gz``, ``output.tar.gz``: the folder's content at the archive's root."""
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for child in sorted(folder.iterdir()):
            tar.add(child, arcname=child.name)


def unpack(archive: Path, folder: Path, *, links: bool = True) -> None:
    """Unpack a tar archive; members that would leave the folder, links out of it and devices are refused.

    ``links``: False refuses every link, as SageMaker does in a model's archive.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            linked = [] if links else [member.name for member in tar if member.issym() or member.islnk()]
            if linked:
                raise JobFailed(
                    f"ClientError: Failed to extract model data archive from `{archive.name}`: it holds links "
                    f"({', '.join(linked[:3])}), which SageMaker does not extract. Save files, not links."
                )
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise JobFailed(f"ClientError: `{archive.name}` cannot be unpacked: {error}") from error


def has_objects(s3: Any, uri: str) -> bool:
    """Whether anything lies under a prefix; a bucket that is not there has nothing."""
    at = S3Uri.parse(uri)
    try:
        return bool(s3.list_objects_v2(Bucket=at.bucket, Prefix=at.key, MaxKeys=1).get("Contents"))
    except s3.exceptions.ClientError:
        return False


def _prefix(s3: Any, uri: S3Uri) -> Iterator[tuple[S3Uri, str]]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key):
        for found in page.get("Contents", ()):
            if found["Size"] or not found["Key"].endswith("/"):  # an empty one is a folder's marker
                yield S3Uri(uri.bucket, found["Key"]), _below(uri.key, found["Key"])


def _below(prefix: str, key: str) -> str:
    """An object's path under its input: ``raw`` and ``raw/`` both take ``raw/`` off, ``raw/pa`` leaves ``part-1``."""
    rest = key.removeprefix(prefix)
    if not rest:
        return key[prefix.rfind("/") + 1 :]
    if not prefix or prefix.endswith("/"):
        return rest
    return rest[1:] if rest.startswith("/") else key[prefix.rfind("/") + 1 :]


def _manifest(s3: Any, uri: S3Uri) -> Iterator[tuple[S3Uri, str]]:
    """``[{"prefix": "s3://bucket/some/"}, "relative/1.csv", …]``; without a prefix the entries are whole URIs."""
    try:
        entries = read_json(s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read())
        first = entries[0]
    except (ValueError, LookupError, TypeError) as error:
        raise JobFailed(f"ClientError: {uri} is not a manifest: {error}") from error
    prefix = first["prefix"] if isinstance(first, dict) else ""
    for entry in entries[1:] if isinstance(first, dict) else entries:
        at = S3Uri.parse(prefix + entry)
        yield at, entry if prefix else PurePosixPath(at.key).name


def _fetch(s3: Any, uri: S3Uri, target: Path) -> int:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        body = s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
    except s3.exceptions.ClientError as error:
        raise JobFailed(f"ClientError: Data download failed: {uri}: {error}") from error
    with target.open("wb") as file:
        shutil.copyfileobj(cast(BinaryIO, body), file, 1 << 20)
    return target.stat().st_size
