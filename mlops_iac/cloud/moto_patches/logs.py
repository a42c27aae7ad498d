"""CloudWatch Logs: a group's streams lie on a shelf, and the events of a stream, which only grow, in blobs.

moto goes through all streams to find those that it is asked for, and to say how many bytes a group holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.appended import Appended
from mlops_iac.cloud.shelf import Shelf

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    gateway.when_used("logs", lambda: _patch(gateway))


def _patch(gateway: Gateway) -> None:
    from moto.logs.models import LogGroup, LogStream

    original = getattr(LogStream.__init__, "original", LogStream.__init__)
    put = getattr(LogStream.put_log_events, "original", LogStream.put_log_events)

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.events = Appended(gateway.blobs)

    def put_log_events(self: Any, log_events: Iterable[dict[str, Any]]) -> Any:
        """Remember the first and the last moment, which moto looks for among all events whenever it is asked."""
        log_events = list(log_events)
        moments = [event["timestamp"] for event in log_events]
        moments += [at for at in (self.first_event_timestamp, self.last_event_timestamp) if at is not None]
        if moments:
            self.first_event_timestamp, self.last_event_timestamp = min(moments), max(moments)
        return put(self, log_events)

    init.original, put_log_events.original = original, put  # type: ignore[attr-defined]
    LogStream.__init__, LogStream.put_log_events = init, put_log_events
    LogStream._update = lambda self: None
    _patch_groups(gateway, LogGroup)


class Streams(Shelf):
    """Those of one group. What is listed is to be looked at, and not to be changed."""

    def some(self, names: Iterable[str]) -> dict[str, Any]:
        return {name: found for name in names if (found := self.peek(name)) is not None}


def _patch_groups(gateway: Gateway, group: Any) -> None:
    begin = getattr(group.__init__, "original", group.__init__)
    show = getattr(group.to_describe_dict, "original", group.to_describe_dict)
    listed = getattr(group.describe_log_streams, "original", group.describe_log_streams)
    filtered = getattr(group.filter_log_events, "original", group.filter_log_events)

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        self.streams = Streams(gateway.database, self, _stored_bytes)

    def to_describe_dict(self: Any) -> dict[str, Any]:
        stored = sum(size or 0 for _, size in self.streams.notes())
        return {**show(_with(self, {})), "storedBytes": stored}

    def describe_log_streams(self: Any, *, log_stream_name_prefix: str, **named: Any) -> Any:
        streams = self.streams.some(self.streams.under(log_stream_name_prefix))
        return listed(_with(self, streams), log_stream_name_prefix=log_stream_name_prefix, **named)

    def filter_log_events(self: Any, log_group_name: str, log_stream_names: list[str], *rest: Any) -> Any:
        streams = self.streams.some(log_stream_names or self.streams)
        return filtered(_with(self, streams), log_group_name, log_stream_names, *rest)

    group.__init__, group.to_describe_dict = init, to_describe_dict
    group.describe_log_streams, group.filter_log_events = describe_log_streams, filter_log_events
    init.original, to_describe_dict.original = begin, show  # type: ignore[attr-defined]
    describe_log_streams.original, filter_log_events.original = listed, filtered  # type: ignore[attr-defined]


def _with(group: Any, streams: dict[str, Any]) -> Any:
    """A group as if it had these streams only."""
    made = object.__new__(type(group))
    vars(made).update({**vars(group), "streams": streams})
    return made


def _stored_bytes(stream: Any) -> int:
    return int(stream.stored_bytes)
