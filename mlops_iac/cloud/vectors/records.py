"""Putting, getting, listing and deleting vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.vectors.buckets import SERVICE
from mlops_iac.cloud.vectors.collection import Vector
from mlops_iac.cloud.vectors.indexes import Indexes, hidden_keys
from mlops_iac.cloud.vectors.limits import (
    MOST_GOT,
    MOST_LISTED,
    MOST_PUT,
    USUAL_LISTED,
    check_between,
    check_count,
    check_key,
    check_metadata,
    check_vector,
    invalid,
)
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

MOST_SEGMENTS: Final = 16


class Records:
    """The vectors of indexes, one by one."""

    def __init__(self, gateway: Gateway, indexes: Indexes) -> None:
        self._gateway, self._indexes = gateway, indexes

    def install(self) -> None:
        for operation, answer in (
            ("PutVectors", self.put),
            ("GetVectors", self.get),
            ("ListVectors", self.list),
            ("DeleteVectors", self.delete),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))

    def put(self, call: Call) -> dict[str, Any]:
        """All of a request or nothing of it."""
        index, given = self._indexes.get(call), call.params["vectors"]
        check_count("/vectors", given, MOST_PUT)
        hidden, vectors = hidden_keys(index), []
        for one in given:
            key, values, metadata = one["key"], (one.get("data") or {}).get("float32") or [], one.get("metadata") or {}
            check_key(key)
            check_vector(f"Invalid record for key '{key}'", values, index["dimension"], index["distanceMetric"])
            check_metadata(key, metadata, hidden)
            vectors.append(Vector(key, values, metadata))
        self._indexes.collection(index).put(vectors)
        return {}

    def get(self, call: Call) -> dict[str, Any]:
        index, keys = self._indexes.get(call), call.params["keys"]
        check_count("/keys", keys, MOST_GOT)
        return {"vectors": [_shown(one, call) for one in self._indexes.collection(index).get(keys)]}

    def list(self, call: Call) -> dict[str, Any]:
        index, asked = self._indexes.get(call), call.params
        check_between("/maxResults", asked.get("maxResults"), 1, MOST_LISTED)
        segments, segment = asked.get("segmentCount"), asked.get("segmentIndex")
        if (segments is None) != (segment is None):
            raise invalid("segmentCount and segmentIndex must be specified together")
        check_between("/segmentCount", segments, 1, MOST_SEGMENTS)
        check_between("/segmentIndex", segment, 0, (segments or 1) - 1)
        collection = self._indexes.collection(index)
        most = asked.get("maxResults") or USUAL_LISTED
        page, following = collection.page(asked.get("nextToken") or "", most, segment or 0, segments or 1)
        return {
            "vectors": [_shown(one, call) for one in page],
            **({"nextToken": following} if following else {}),
        }

    def delete(self, call: Call) -> dict[str, Any]:
        index, keys = self._indexes.get(call), call.params["keys"]
        check_count("/keys", keys, MOST_PUT)
        self._indexes.collection(index).delete(keys)
        return {}


def _shown(vector: Vector, call: Call) -> dict[str, Any]:
    return {
        "key": vector.key,
        **({"data": {"float32": list(vector.values)}} if call.params.get("returnData") else {}),
        **({"metadata": dict(vector.metadata)} if call.params.get("returnMetadata") else {}),
    }
