"""Which region each connection of the Pulumi engine works in."""

from __future__ import annotations

import threading
from collections import OrderedDict

KEPT = 256
"""Connections remembered; a CLI run makes one for each provider resource of its stack."""


class Connections:
    """The engine opens one connection for each provider resource and configures it once; no later call repeats what was
    configured, so it is kept by the connection's address. One that reconnects gets what was configured last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._regions: OrderedDict[str, str] = OrderedDict()
        self._latest = ""

    def configure(self, peer: str, region: str) -> None:
        with self._lock:
            self._regions[peer] = self._latest = region
            self._regions.move_to_end(peer)
            while len(self._regions) > KEPT:
                self._regions.popitem(last=False)

    def region(self, peer: str) -> str:
        """The region that was configured; empty before anything was."""
        with self._lock:
            return self._regions.get(peer, self._latest)
