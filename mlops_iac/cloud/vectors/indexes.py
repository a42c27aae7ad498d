"""Vector indexes, each with its collection of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.vectors.buckets import INDEXES, SERVICE, SPELLING, Buckets, encryption, now, refuse_mode, shown
from mlops_iac.cloud.vectors.collection import Collection
from mlops_iac.cloud.vectors.limits import (
    METRICS,
    MOST_DIMENSIONS,
    MOST_HIDDEN_KEYS,
    MOST_NAMED,
    bad_value,
    check_between,
    check_name,
    check_one_of,
    invalid,
)
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


class Indexes:
    """By their ARN. What an index is set to cannot change: a new one is made, and filled."""

    def __init__(self, gateway: Gateway, buckets: Buckets) -> None:
        self._gateway, self._buckets = gateway, buckets
        self._collections: dict[str, Collection] = {}

    def install(self) -> None:
        for operation, answer in (
            ("CreateIndex", self.create),
            ("GetIndex", self.describe),
            ("ListIndexes", self.list),
            ("DeleteIndex", self.delete),
            ("UpdateIndexMode", refuse_mode),
            ("UpdateMetadataConfiguration", refuse_mode),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))
        self._gateway.on_restore(self._collections.clear)
        self._gateway.on_reset(self._collections.clear)
        self._gateway.reports["vectors"] = lambda: {"indexes": len(self._indexes)}

    @property
    def _indexes(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[INDEXES]

    def get(self, call: Call) -> dict[str, Any]:
        """The index that a call names, by its ARN or by its own name and its bucket's."""
        arn, name = call.params.get("indexArn"), call.params.get("indexName")
        bucket = call.params.get("vectorBucketName")
        if bool(arn) == bool(name and bucket) or (arn and (name or bucket)):
            raise invalid("Must specify either indexArn or both vectorBucketName and indexName")
        found = self._indexes.get(arn or call.arn(SERVICE, f"bucket/{bucket}/index/{name}"))
        if found is None:
            raise AwsError("NotFoundException", "The specified index could not be found", 404)
        return found

    def collection(self, index: dict[str, Any]) -> Collection:
        """Its vectors; read from the disk when they are first asked for. The caller holds the gateway's lock."""
        arn = index["indexArn"]
        if arn not in self._collections:
            self._collections[arn] = Collection(
                self._gateway.blobs, index["parts"], index["dimension"], index["distanceMetric"]
            )
        return self._collections[arn]

    # Operations -----------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        bucket, asked = self._buckets.get(call), call.params
        check_name("/indexName", asked["indexName"])
        check_one_of("/dataType", asked["dataType"], ("float32",))
        check_between("/dimension", asked["dimension"], 1, MOST_DIMENSIONS)
        check_one_of("/distanceMetric", asked["distanceMetric"], METRICS)
        arn = f"{bucket['vectorBucketArn']}/index/{asked['indexName']}"
        if arn in self._indexes:
            raise AwsError("ConflictException", "An index with the specified name already exists", 409)
        configuration = _metadata_configuration(asked.get("metadataConfiguration") or {})
        self._indexes[arn] = {
            "vectorBucketName": bucket["vectorBucketName"],
            "indexName": asked["indexName"],
            "indexArn": arn,
            "creationTime": now(),
            **{name: asked[name] for name in ("dataType", "dimension", "distanceMetric")},
            **({"metadataConfiguration": configuration} if configuration else {}),
            "encryptionConfiguration": encryption(call, bucket["encryptionConfiguration"]),
            "indexMode": "CLASSIC",
            "tags": dict(asked.get("tags") or {}),
            "parts": [],
        }
        return {"indexArn": arn}

    def describe(self, call: Call) -> dict[str, Any]:
        return {"index": shown(self.get(call))}

    def list(self, call: Call) -> dict[str, Any]:
        check_between("/maxResults", call.params.get("maxResults"), 1, MOST_NAMED)
        within = f"{self._buckets.get(call)['vectorBucketArn']}/index/{call.params.get('prefix') or ''}"
        found = [self._indexes[arn] for arn in sorted(self._indexes) if arn.startswith(within)]
        listed = [shown(one, "vectorBucketName", "indexName", "indexArn", "creationTime") for one in found]
        return paged("indexes", listed, call.params, limit=MOST_NAMED, spelling=SPELLING)

    def delete(self, call: Call) -> dict[str, Any]:
        """With its vectors. One that is not there is no mistake."""
        try:
            arn = self.get(call)["indexArn"]
        except AwsError as error:
            if error.code == "NotFoundException":
                return {}
            raise
        del self._indexes[arn]
        self._collections.pop(arn, None)
        return {}


def hidden_keys(index: dict[str, Any]) -> frozenset[str]:
    """Metadata keys that no filter sees."""
    return frozenset((index.get("metadataConfiguration") or {}).get("nonFilterableMetadataKeys") or ())


def _metadata_configuration(asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("textSearchConfigurations"):
        raise AwsError("NotImplemented", "The embedded cloud searches vectors, and no text.", 501)
    hidden = asked.get("nonFilterableMetadataKeys") or []
    if len(hidden) > MOST_HIDDEN_KEYS or len(set(hidden)) < len(hidden):
        raise bad_value(
            "/metadataConfiguration/nonFilterableMetadataKeys",
            f"Member must have at most {MOST_HIDDEN_KEYS} elements, none twice",
        )
    if any(not 1 <= len(key) <= 63 for key in hidden):
        raise bad_value(
            "/metadataConfiguration/nonFilterableMetadataKeys", "Member must have length between 1 and 63, inclusive"
        )
    return {"nonFilterableMetadataKeys": list(hidden)} if hidden else {}
