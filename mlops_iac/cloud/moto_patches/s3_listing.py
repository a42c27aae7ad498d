"""ListObjects, ListObjectsV2 and ListObjectVersions: pages of keys and common prefixes, in one order.

moto counts what was deleted when it makes common prefixes, so a folder of a versioned bucket stays for ever; pages of
ListObjects hold all common prefixes each; and tokens are kept in memory, so that a restart ends every listing. It goes
through all keys for each page; here a page reads what it shows.
"""

from __future__ import annotations

import base64
import binascii
import copy
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

MOST: Final = 1000
"""Keys and common prefixes in a page (S3 API reference, ListObjectsV2, MaxKeys)."""


class Page(NamedTuple):
    """Keys and common prefixes, in the order of their UTF-8 bytes."""

    keys: list[str]
    folders: list[str]
    last: str
    """Where the next page goes on; empty when this is the last one."""


Names = Callable[[str], Iterable[str]]
"""From a name on, in the order of their UTF-8 bytes."""

_LAST: Final = "\U0010ffff"
"""Behind whatever a folder holds."""


def page(names: Names, *, prefix: str = "", delimiter: str = "", after: str = "", most: int | None = MOST) -> Page:
    """One page of the names that begin with a prefix; what is behind the next delimiter is folded into one item."""
    keys: list[str] = []
    folders: list[str] = []
    last = ""
    for item, is_folder in _items(names, prefix, delimiter, after):
        if item <= after:
            continue
        if most is not None and len(keys) + len(folders) >= most:
            return Page(keys, folders, last)  # MaxKeys 0 is no truncation: there is nowhere to go on
        (folders if is_folder else keys).append(item)
        last = item
    return Page(keys, folders, "")


def _items(names: Names, prefix: str, delimiter: str, start: str) -> Iterator[tuple[str, bool]]:
    """Names and folders, each folder once: what is in it is not looked at."""
    following: str | None = max(prefix, start)
    while following is not None:
        found, following = names(following), None
        for name in found:
            if not name.startswith(prefix):
                return
            end = name.find(delimiter, len(prefix)) if delimiter else -1
            if end >= 0:
                folder = name[: end + len(delimiter)]
                yield folder, True
                following = folder + _LAST
                break
            yield name, False


def patch() -> None:
    from moto.s3.models import S3Backend

    S3Backend.list_objects = _list_objects
    S3Backend.list_objects_v2 = _list_objects_v2
    S3Backend.list_object_versions = _list_object_versions


def _list_objects(
    self: Any, bucket: Any, prefix: str | None, delimiter: str | None, marker: str | None, max_keys: int | None
) -> tuple[list[Any], list[str], bool, str | None]:
    most = None if max_keys is None else min(max_keys, MOST)
    found = page(_names(bucket), prefix=prefix or "", delimiter=delimiter or "", after=marker or "", most=most)
    keys = [bucket.keys.look(name)[-1] for name in found.keys]
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
    found = page(_names(bucket), prefix=prefix or "", delimiter=delimiter or "", after=after, most=min(max_keys, MOST))
    items = [*(bucket.keys.look(name)[-1] for name in found.keys), *found.folders]
    return items, bool(found.last), _make_token(found.last) if found.last else None


def _names(bucket: Any) -> Names:
    """Those of a bucket whose newest version is no delete marker."""
    from moto.s3.exceptions import MethodNotAllowed
    from moto.s3.models import FakeTableStorageBucket

    if isinstance(bucket, FakeTableStorageBucket):
        raise MethodNotAllowed
    names: Names = bucket.keys.names
    return names


def _list_object_versions(
    self: Any,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = MOST,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[Any], list[str], list[Any], str | None, str | None]:
    """Objects, folders, delete markers, and where the next page goes on: behind a key, or a version of it."""
    from moto.s3.models import FakeKey

    versions: list[Any] = []
    folders: list[str] = []
    last: tuple[str | None, str | None] = (None, None)
    for name, version in _versions(self.get_bucket(bucket_name).keys, prefix, delimiter, key_marker, version_id_marker):
        if max_keys is not None and len(versions) + len(folders) >= max_keys:
            break
        (folders if version is None else versions).append(name if version is None else version)
        last = (name, version and version.version_id)
    else:
        last = (None, None)
    objects = [each for each in versions if isinstance(each, FakeKey)]
    return objects, folders, [each for each in versions if not isinstance(each, FakeKey)], *last


def _versions(
    keys: Any, prefix: str, delimiter: str | None, key_marker: str | None, version_marker: str | None
) -> Iterator[tuple[str, Any]]:
    """Names with each of their versions, the newest first; folders with none."""
    marker = key_marker or ""
    for name, is_folder in _items(functools.partial(keys.names, deleted=True), prefix, delimiter or "", marker):
        if is_folder:
            if name > marker:
                yield name, None
            continue
        if name == marker and not version_marker:
            continue
        found = [copy.deepcopy(each) for each in reversed(keys.look(name))]
        for number, each in enumerate(found):
            each.is_latest = number == 0
        seen = next((n for n, each in enumerate(found, 1) if each.version_id == version_marker), 0)
        yield from ((name, each) for each in found[seen if name == marker else 0 :])


def _make_token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def _read_token(token: str) -> str:
    from moto.s3.exceptions import InvalidContinuationToken

    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise InvalidContinuationToken from error
