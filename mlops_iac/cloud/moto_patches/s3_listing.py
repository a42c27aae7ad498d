"""ListObjects and ListObjectsV2: pages of keys and common prefixes, in one order.

moto counts what was deleted when it makes common prefixes, so a folder of a versioned bucket stays for ever; pages of
ListObjects hold all common prefixes each; and tokens are kept in memory, so that a restart ends every listing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

MOST: Final = 1000
"""Keys and common prefixes in a page (S3 API reference, ListObjectsV2, MaxKeys)."""


class Page(NamedTuple):
    """Keys and common prefixes, in the order of their UTF-8 bytes."""

    keys: list[str]
    folders: list[str]
    last: str
    """Where the next page goes on; empty when this is the last one."""


def page(
    names: Iterable[str], *, prefix: str = "", delimiter: str = "", after: str = "", most: int | None = MOST
) -> Page:
    """One page of the names that begin with a prefix; what is behind the next delimiter is folded into one item."""
    keys: list[str] = []
    folders: list[str] = []
    last = ""
    for name in sorted(name for name in names if name.startswith(prefix)):
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        item = name if end < 0 else name[: end + len(delimiter)]
        if item <= after or item == last:
            continue
        if most is not None and len(keys) + len(folders) >= most:
            return Page(keys, folders, last)  # MaxKeys 0 is no truncation: there is nowhere to go on
        (keys if end < 0 else folders).append(item)
        last = item
    return Page(keys, folders, "")


def patch() -> None:
    from moto.s3.models import S3Backend

    S3Backend.list_objects = _list_objects
    S3Backend.list_objects_v2 = _list_objects_v2


def _list_objects(
    self: Any, bucket: Any, prefix: str | None, delimiter: str | None, marker: str | None, max_keys: int | None
) -> tuple[list[Any], list[str], bool, str | None]:
    most = None if max_keys is None else min(max_keys, MOST)
    found = page(_kept(bucket), prefix=prefix or "", delimiter=delimiter or "", after=marker or "", most=most)
    keys = [bucket.keys[name] for name in found.keys]
    return keys, found.folders, bool(found.last), (found.last if delimiter else None) or None


def _list_objects_v2(
    self: Any,
    bucket: Any,
    prefix: str | None,
    delimiter: str | None,
    continuation_token: str | None,
    start_after: str | None,
    max_keys: int,
) -> tuple[list[Any], bool, str | None]:
    after = _read_token(continuation_token) if continuation_token else start_after or ""
    found = page(_kept(bucket), prefix=prefix or "", delimiter=delimiter or "", after=after, most=min(max_keys, MOST))
    items = [*(bucket.keys[name] for name in found.keys), *found.folders]
    return items, bool(found.last), _make_token(found.last) if found.last else None


def _kept(bucket: Any) -> list[str]:
    """The names of a bucket whose newest version is no delete marker."""
    from moto.s3.exceptions import MethodNotAllowed
    from moto.s3.models import FakeDeleteMarker, FakeTableStorageBucket

    if isinstance(bucket, FakeTableStorageBucket):
        raise MethodNotAllowed
    return [name for name, newest in bucket.keys.items() if not isinstance(newest, FakeDeleteMarker)]


def _make_token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _read_token(token: str) -> str:
    from moto.s3.exceptions import InvalidContinuationToken

    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise InvalidContinuationToken from error
