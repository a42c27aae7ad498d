"""What compute environments and job queues share: they are switched off, and have settled, before they can be
deleted."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

PATIENCE = 60.0
"""Seconds to wait for Batch to settle; here it takes none."""

PAUSE = 0.2
"""Seconds between two looks."""


class Switched(Resource):
    service = "batch"
    who: ClassVar[str]
    """The parameter that names the resource in update and delete."""

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        item = self.fetch(api, scope, outputs)
        if not item:
            return
        if item["state"] != "DISABLED":
            api(self.update_op, **{self.who: outputs["name"]}, state="DISABLED")
            self._settled(api, scope, outputs)
        api(self.delete_op, **{self.who: outputs["name"]})
        self._settled(api, scope, outputs)

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        item = super().fetch(api, scope, outputs)
        return None if item and item.get("status") == "DELETED" else item

    def _settled(self, api: Api, scope: Scope, outputs: Props) -> None:
        """Wait while Batch creates, updates or deletes."""
        deadline = time.monotonic() + PATIENCE
        while (item := self.fetch(api, scope, outputs)) and item.get("status") not in ("VALID", "INVALID", None):
            if time.monotonic() > deadline:
                raise api.refuse(self.delete_op, f"still {item['status']} after {PATIENCE:.0f} seconds", "Timeout")
            time.sleep(PAUSE)
