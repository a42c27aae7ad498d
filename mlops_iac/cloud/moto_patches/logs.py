"""CloudWatch Logs: the events of a stream only grow, so they lie in blobs and not in memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.appended import Appended

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    gateway.when_used("logs", lambda: _patch(gateway))


def _patch(gateway: Gateway) -> None:
    from moto.logs.models import LogStream

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
