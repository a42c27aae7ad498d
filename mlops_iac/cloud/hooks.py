"""What the parts of the embedded cloud hook into: operations, before, after or instead of moto; and what happens.

Hooks run without the gateway's lock: whoever touches moto's backends takes it with `Gateway.locked`.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from mlops_iac.cloud.news import News
from mlops_iac.cloud.wire import Answer, Call, Request

Instead = Callable[[Call], dict[str, Any]]
Hook = Callable[[Call], None]

log = logging.getLogger("mlops_iac.cloud")


class Hooks:
    """Who asked to be called, for what."""

    def __init__(self) -> None:
        self._instead: dict[tuple[str, str], Instead] = {}
        self._before: dict[tuple[str, str], list[Hook]] = defaultdict(list)
        self._after: dict[tuple[str, str], list[Hook]] = defaultdict(list)
        self._when_used: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self._preparing = threading.RLock()
        self._on: dict[str, list[Callable[[], None]]] = defaultdict(list)
        self._on_news: list[Callable[[News], None]] = []
        self._on_answered: list[Callable[[Request, Answer], None]] = []
        self._on_published: list[Callable[[str, str, set[tuple[str, str]]], None]] = []

    # Operations ---------------------------------------------------------------------------------------------------

    def instead(self, service: str, operation: str, fn: Instead) -> None:
        """Answer an operation with ``fn``'s result (botocore's output shape); moto is not asked."""
        self._instead[service, operation] = fn

    def is_ours(self, service: str, operation: str) -> bool:
        """Whether a part of ours answers an operation, so that moto is not asked."""
        return (service, operation) in self._instead

    def before(self, service: str, operation: str, fn: Hook) -> None:
        """Look at a call before it is answered; `AwsError` refuses it."""
        self._before[service, operation].append(fn)

    def after(self, service: str, operation: str, fn: Hook) -> None:
        """Told when an operation was answered with success, before the client sees the answer."""
        self._after[service, operation].append(fn)

    def when_used(self, service: str, fn: Callable[[], None]) -> None:
        """Call ``fn`` once, before the service's first request: for patches whose modules are slow to import."""
        self._when_used[service].append(fn)

    def prepare(self, service: str) -> None:
        """Run what waits for a service's first use. Cheap when there is nothing."""
        if service in self._when_used:
            with self._preparing:
                for fn in self._when_used.get(service, ()):
                    fn()
                self._when_used.pop(service, None)

    def stop_preparing(self) -> None:
        """Patch nothing any more, once what is being patched now is: another cloud may begin in this process."""
        with self._preparing:
            self._when_used.clear()

    # What happens ---------------------------------------------------------------------------------------------------

    def on_restore(self, fn: Callable[[], None]) -> None:
        """Called once after a snapshot was loaded and before the first request: settle what was running.

        The server does not answer yet: use `store` and `locked`, not `clients` (for those there is `on_start`).
        """
        self._on["restore"].append(fn)

    def on_start(self, fn: Callable[[], None]) -> None:
        """Called once when `endpoint` is known and requests are answered."""
        self._on["start"].append(fn)

    def on_moved(self, fn: Callable[[], None]) -> None:
        """Called when somebody has moved the clock of this cloud on, after all that was due by then."""
        self._on["moved"].append(fn)

    def on_reset(self, fn: Callable[[], None]) -> None:
        """Called when the whole cloud is emptied: stop what runs, forget everything."""
        self._on["reset"].append(fn)

    def on_stop(self, fn: Callable[[], None]) -> None:
        """Called before the last snapshot is saved: stop what runs. At most a few seconds."""
        self._on["stop"].append(fn)

    def on_news(self, fn: Callable[[News], None]) -> None:
        """Told of what happens in this cloud. ``fn`` runs in the thread of whoever tells, without the lock."""
        self._on_news.append(fn)

    def tell_news(self, news: News) -> None:
        """Say what happened. A listener that fails is logged; who tells is not disturbed."""
        for fn in self._on_news:
            _quietly(fn, news)

    def on_answered(self, fn: Callable[[Request, Answer], None]) -> None:
        """Told of every request and what it was answered, refusals included, before the client sees the answer."""
        self._on_answered.append(fn)

    def tell_answered(self, request: Request, answer: Answer) -> None:
        for fn in self._on_answered:
            _quietly(fn, request, answer)

    def on_published(self, fn: Callable[[str, str, set[tuple[str, str]]], None]) -> None:
        """Told the account, the region and (namespace, metric) of data points that a service published."""
        self._on_published.append(fn)

    def tell_published(self, account_id: str, region: str, metrics: set[tuple[str, str]]) -> None:
        for fn in self._on_published:
            _quietly(fn, account_id, region, metrics)

    def tell(self, event: str) -> None:
        """Run the callbacks of ``restore``, ``start``, ``moved``, ``reset`` or ``stop``. One that raises is logged."""
        for fn in self._on[event]:
            _quietly(fn)


def _quietly(fn: Callable[..., None], *arguments: Any) -> None:
    """One part that fails keeps no other from being told."""
    try:
        fn(*arguments)
    except Exception:
        log.exception("A part of the embedded cloud failed.")
