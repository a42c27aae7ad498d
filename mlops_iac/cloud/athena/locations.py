"""Places in the emulated S3, as the catalogue and SQL name them. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from mlops_iac.cloud.athena.failure import QueryFailed


def split_location(location: str) -> tuple[str, str]:
    """Bucket and prefix of ``s3://bucket/prefix/``; a folder's prefix ends in a slash."""
    parts = urlsplit(location)
    if parts.scheme not in ("s3", "s3a", "s3n") or not parts.netloc:
        raise QueryFailed("HIVE_METASTORE_ERROR", f"`{location}` is no location in S3")
    prefix = parts.path.lstrip("/")
    return parts.netloc, f"{prefix.rstrip('/')}/" if prefix else ""


def split_object(location: str) -> tuple[str, str]:
    """Bucket and key of one object's location."""
    bucket, prefix = split_location(location)
    return bucket, prefix.rstrip("/")
