"""A job's output in the emulated CloudWatch Logs, batched so that following it works while the job runs."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from typing import Any

BATCH_EVERY = 0.3
"""Seconds between two deliveries."""
LAST_LINES = 60
"""Lines kept in memory, for failure reasons."""
_EVENT_BYTES = 256 * 1024 - 26
"""CloudWatch's limit of one event, with its overhead of 26 bytes taken off."""
_BATCH_BYTES, _BATCH_EVENTS = 1_000_000, 10_000
"""CloudWatch's limits of one PutLogEvents: 1 MiB with overheads, and this many events."""

log = logging.getLogger("mlops_iac.cloud.jobs")


class LogStream:
    """One log stream. ``write`` never blocks on the network; ``close`` delivers what is left."""

    def __init__(self, client: Any, group: str, stream: str) -> None:
        self._client, self.group, self.stream = client, group, stream
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, line: str) -> None:
        """Add one line; an empty line becomes a space, because CloudWatch refuses empty events."""
        self.last.append(line)
        now = int(time.time() * 1000)
        data = line.encode()[:_EVENT_BYTES].decode("utf-8", "ignore") or " "
        with self._lock:
            self._waiting.append({"timestamp": now, "message": data})
        self.open()

    def open(self) -> None:
        """Make the stream, and go on delivering to it. By itself at the first line; Batch's logs are there of jobs that
        say nothing, too."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._deliver_until_closed, name="job log", daemon=True)
                self._thread.start()

    def tells(self, reason: str) -> bool:
        """Whether the last lines say already what a reason says: the script's own error need not be told twice."""
        return any(line.strip() and line.strip() in reason for line in list(self.last)[-3:])

    def close(self, *, deliver: bool = True) -> None:
        """Deliver what is left and end; ``deliver=False`` when the cloud is stopping and takes no more."""
        if not deliver:
            with self._lock:
                self._waiting.clear()
        self._closing.set()
        if self._thread:
            self._thread.join(timeout=30)

    def _deliver_until_closed(self) -> None:
        try:
            make_stream(self._client, self.group, self.stream)
            while not self._closing.wait(BATCH_EVERY):
                self._deliver()
            self._deliver()
        except Exception as error:
            if getattr(error, "response", {}).get("Error", {}).get("Code") == "AccessDeniedException":
                # As on AWS: a job whose role may not write logs runs without them.
                log.warning("The log of %s/%s is not written: %s", self.group, self.stream, error)
                return
            if self._closing.is_set() and not self._waiting:
                return  # closed without delivery: the cloud stopped under us
            log.exception("The log of %s/%s could not be delivered.", self.group, self.stream)

    def _deliver(self) -> None:
        while events := self._take():
            self._client.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)

    def _take(self) -> list[dict[str, Any]]:
        with self._lock:
            size = count = 0
            for event in self._waiting[:_BATCH_EVENTS]:
                size += len(event["message"].encode()) + 26
                if size > _BATCH_BYTES:
                    break
                count += 1
            taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken


def make_stream(client: Any, group: str, stream: str) -> None:
    """Create the stream, and its group when it is the first; what exists is left alone."""
    exists = client.exceptions.ResourceAlreadyExistsException
    with contextlib.suppress(exists):
        try:
            client.create_log_stream(logGroupName=group, logStreamName=stream)
        except client.exceptions.ResourceNotFoundException:
            with contextlib.suppress(exists):
                client.create_log_group(logGroupName=group)
            client.create_log_stream(logGroupName=group, logStreamName=stream)
