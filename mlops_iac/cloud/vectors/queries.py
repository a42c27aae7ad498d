"""QueryVectors: the nearest vectors of an index, by its own metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.vectors.buckets import SERVICE
from mlops_iac.cloud.vectors.collection import Found
from mlops_iac.cloud.vectors.filters import compile_filter
from mlops_iac.cloud.vectors.indexes import Indexes, hidden_keys
from mlops_iac.cloud.vectors.limits import MOST_FOUND, check_between, check_vector, invalid
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


class Queries:
    """Computed without the gateway's lock: a query over a large index keeps nobody waiting."""

    def __init__(self, gateway: Gateway, indexes: Indexes) -> None:
        self._gateway, self._indexes = gateway, indexes

    def install(self) -> None:
        self._gateway.instead(SERVICE, "QueryVectors", self.query)

    def query(self, call: Call) -> dict[str, Any]:
        asked = call.params
        if asked.get("queryTexts") or asked.get("queryMode") == "ENHANCED":
            raise AwsError("NotImplemented", "The embedded cloud searches vectors, and no text.", 501)
        with self._gateway.locked(SERVICE):
            index = self._indexes.get(call)
            collection = self._indexes.collection(index)
        check_between("/topK", asked["topK"], 1, MOST_FOUND)
        values = (asked.get("queryVector") or {}).get("float32")
        if values is None:
            raise invalid("queryVector must be specified")
        check_vector("Invalid query vector", values, index["dimension"], index["distanceMetric"])
        wanted = asked.get("filter")
        matches = None if wanted is None else compile_filter(wanted, hidden_keys(index))
        spelled = "" if wanted is None else json.dumps(wanted, sort_keys=True)
        found = collection.nearest(values, asked["topK"], matches, spelled)
        return {"vectors": [_shown(one, asked) for one in found], "distanceMetric": index["distanceMetric"]}


def _shown(found: Found, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": found.key,
        **({"distance": found.distance} if asked.get("returnDistance") else {}),
        **({"metadata": dict(found.metadata)} if asked.get("returnMetadata") else {}),
    }
