"""With which settings each connection of the Pulumi engine was configured."""

from __future__ import annotations

import threading
from collections import OrderedDict

from mlops_iac.engine.values.value import Props

KEPT = 256
"""Connections remembered; a CLI run makes one for each provider resource of its stack."""


class Connections:
    """The engine opens one connection for each provider resource and configures it once; no later call repeats what was
    configured, so it is kept by the connection's address. One that reconnects gets what was configured last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._settings: OrderedDict[str, Props] = OrderedDict()
        self._latest: Props = {}

    def configure(self, peer: str, settings: Props) -> None:
        with self._lock:
            self._settings[peer] = self._latest = settings
            self._settings.move_to_end(peer)
            while len(self._settings) > KEPT:
                self._settings.popitem(last=False)

    def settings(self, peer: str) -> Props:
        """What was configured; empty before anything was."""
        with self._lock:
            return self._settings.get(peer, self._latest)
