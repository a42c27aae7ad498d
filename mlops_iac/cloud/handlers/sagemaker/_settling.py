"""What SageMaker's things have in common that take a while to be there, to be changed and to be gone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

LOOK: Final = 0.15
"""Seconds between two looks: the second one finds it settled (`cloud.studio.things.MOMENT`)."""
GOING: Final = ("Pending", "Updating", "Deleting")


class Settling(Resource):
    """A create, an update and a delete are over when the thing has settled, as Pulumi's provider waits for it."""

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        found = self._settled(api, outputs)
        if found.get("Status") != "InService":
            why = found.get("FailureReason", "It gives no reason.")
            raise api.refuse(self.create_op, why, found.get("Status", "Gone"))
        outputs.update(self._picked({**self.computed, **self.refreshed}, found))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        self._settled(api, outputs)

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        return self._settled(api, outputs) or None

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        self._settled(self.api(scope, outputs), outputs)  # what was cut off may still be going on
        return super().update(scope, id, old, new, outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        self._settled(api, outputs)
        self.end(api, outputs)
        self._settled(api, outputs)

    def end(self, api: Api, outputs: Props) -> None:
        """Hook: the delete call itself."""
        api.maybe(self.delete_op, **self._keys(self.key, outputs))

    def _settled(self, api: Api, outputs: Props) -> Mapping[str, Any]:
        """As it is when nothing happens to it any more; empty when it is gone."""
        while (found := api.maybe(self.read_op, **self._keys(self.key, outputs))) and found["Status"] in GOING:
            time.sleep(LOOK)
        return found or {}
