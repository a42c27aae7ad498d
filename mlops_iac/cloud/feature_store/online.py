"""The online store: the newest record of each identifier. Records lie on a shelf of the cloud's database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from mlops_iac.cloud.shelf import Shelf

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "sagemaker.feature-records"
"""A group's ARN to its shelf."""


class Kept(NamedTuple):
    """What is known of one identifier."""

    time: float
    """Its event time, in Unix seconds."""
    values: dict[str, str]
    """None of a record that was deleted: its time says what is older."""
    expires: float | None = None
    """Unix seconds."""
    deleted: bool = False


class OnlineStores:
    """Of all groups. The caller holds the gateway's lock."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def find(self, group: str, identifier: str) -> Kept | None:
        """A record that is there to be read: neither deleted nor past its time, which removes it."""
        kept = self._known(group, identifier)
        return None if kept is None or kept.deleted else kept

    def put(self, group: str, identifier: str, kept: Kept) -> bool:
        """Whether it took the place of what was there: of two of one time, the first stays."""
        before = self._known(group, identifier)
        if before is not None and kept.time <= before.time:
            return False
        self._shelf(group)[identifier] = kept._asdict()
        return True

    def remove(self, group: str, identifier: str, time: float) -> bool:
        """Whether nothing is left of it: all that was known is removed, unless that is as new as ``time``."""
        before = self._known(group, identifier)
        if before is None:
            return True
        if time <= before.time:
            return False
        del self._shelf(group)[identifier]
        return True

    def size(self, group: str) -> int:
        """Bytes of its records, about: names and values."""
        found = (self._shelf(group).peek(key) for key in list(self._shelf(group)))
        return sum(len(name) + len(value) for one in found for name, value in one["values"].items())

    def drop(self, group: str) -> None:
        """With the group."""
        self._gateway.store[STORE].pop(group, None)

    def _known(self, group: str, identifier: str) -> Kept | None:
        found = self._shelf(group).peek(identifier)
        if found is None:
            return None
        kept = Kept(**found)
        if kept.expires is not None and kept.expires <= datetime.now(UTC).timestamp():
            del self._shelf(group)[identifier]
            return None
        return kept

    def _shelf(self, group: str) -> Shelf:
        shelves = self._gateway.store[STORE]
        if group not in shelves:
            shelves[group] = Shelf(self._gateway.database)
        found: Shelf = shelves[group]
        return found
