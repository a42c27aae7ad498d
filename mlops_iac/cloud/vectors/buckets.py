"""Vector buckets, their policies, and the tags of buckets and indexes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.paging import Spelling, paged
from mlops_iac.cloud.vectors.limits import MOST_NAMED, check_between, check_name, invalid
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "s3vectors"
BUCKETS: Final = "s3vectors.buckets"
INDEXES: Final = "s3vectors.indexes"
SPELLING: Final = Spelling("maxResults", "nextToken", "ValidationException")
_OWN: Final = ("tags", "policy", "parts")
"""What an answer about a bucket or an index does not show."""


def now() -> datetime:
    return datetime.now(UTC)


def shown(thing: dict[str, Any], *only: str) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if (name in only if only else name not in _OWN)}


class Buckets:
    """By their ARN."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        for operation, answer in (
            ("CreateVectorBucket", self.create),
            ("GetVectorBucket", self.describe),
            ("ListVectorBuckets", self.list),
            ("DeleteVectorBucket", self.delete),
            ("PutVectorBucketPolicy", self.put_policy),
            ("GetVectorBucketPolicy", self.get_policy),
            ("DeleteVectorBucketPolicy", self.delete_policy),
            ("TagResource", self.tag),
            ("UntagResource", self.untag),
            ("ListTagsForResource", self.tags),
            ("PutVectorBucketDefaultIndexMode", refuse_mode),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))

    @property
    def _buckets(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[BUCKETS]

    @property
    def _indexes(self) -> dict[str, dict[str, Any]]:
        return self._gateway.store[INDEXES]

    def get(self, call: Call) -> dict[str, Any]:
        """The bucket that a call names, by name or by ARN."""
        name, arn = call.params.get("vectorBucketName"), call.params.get("vectorBucketArn")
        if bool(name) == bool(arn):
            raise invalid("Must specify either vectorBucketName or vectorBucketArn but not both")
        found = self._buckets.get(arn or bucket_arn(call, name or ""))
        if found is None:
            raise AwsError("NotFoundException", "The specified vector bucket could not be found", 404)
        return found

    # Buckets --------------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["vectorBucketName"]
        check_name("/vectorBucketName", name)
        arn = bucket_arn(call, name)
        if arn in self._buckets:
            raise AwsError("ConflictException", "A vector bucket with the specified name already exists", 409)
        self._buckets[arn] = {
            "vectorBucketName": name,
            "vectorBucketArn": arn,
            "creationTime": now(),
            "encryptionConfiguration": encryption(call, {"sseType": "AES256"}),
            "tags": dict(call.params.get("tags") or {}),
        }
        return {"vectorBucketArn": arn}

    def describe(self, call: Call) -> dict[str, Any]:
        return {"vectorBucket": shown(self.get(call))}

    def list(self, call: Call) -> dict[str, Any]:
        check_between("/maxResults", call.params.get("maxResults"), 1, MOST_NAMED)
        here, prefix = bucket_arn(call, ""), call.params.get("prefix") or ""
        found = sorted(name for name in self._buckets if name.startswith(f"{here}{prefix}"))
        listed = [shown(self._buckets[arn], "vectorBucketName", "vectorBucketArn", "creationTime") for arn in found]
        return paged("vectorBuckets", listed, call.params, limit=MOST_NAMED, spelling=SPELLING)

    def delete(self, call: Call) -> dict[str, Any]:
        arn = self.get(call)["vectorBucketArn"]
        if any(index.startswith(f"{arn}/index/") for index in self._indexes):
            raise AwsError("ConflictException", "The specified vector bucket is not empty", 409)
        del self._buckets[arn]
        return {}

    # Policies -------------------------------------------------------------------------------------------------------

    def put_policy(self, call: Call) -> dict[str, Any]:
        from mlops_iac.cloud.iam.documents import parse_document

        try:
            parse_document(call.params["policy"])
        except ValueError as error:
            raise invalid(f"Invalid policy document: {error}") from error
        self.get(call)["policy"] = call.params["policy"]
        return {}

    def get_policy(self, call: Call) -> dict[str, Any]:
        bucket = self.get(call)
        if not bucket.get("policy"):
            raise AwsError("NotFoundException", "The specified vector bucket policy could not be found", 404)
        return {"policy": bucket["policy"]}

    def delete_policy(self, call: Call) -> dict[str, Any]:
        self.get(call).pop("policy", None)
        return {}

    # Tags -----------------------------------------------------------------------------------------------------------

    def tag(self, call: Call) -> dict[str, Any]:
        self._tagged(call).update(call.params["tags"])
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        tags = self._tagged(call)
        for key in call.params["tagKeys"]:
            tags.pop(key, None)
        return {}

    def tags(self, call: Call) -> dict[str, Any]:
        return {"tags": dict(self._tagged(call))}

    def _tagged(self, call: Call) -> dict[str, str]:
        arn = call.params["resourceArn"]
        found = self._buckets.get(arn) or self._indexes.get(arn)
        if found is None:
            raise AwsError("NotFoundException", "The specified resource could not be found", 404)
        tags: dict[str, str] = found["tags"]
        return tags


def bucket_arn(call: Call, name: str) -> str:
    return call.arn(SERVICE, f"bucket/{name}")


def encryption(call: Call, usual: dict[str, Any]) -> dict[str, Any]:
    """How it is encrypted: settled when it is made, for ever."""
    asked = call.params.get("encryptionConfiguration") or usual
    kind, key = asked.get("sseType") or "AES256", asked.get("kmsKeyArn")
    if kind == "aws:kms" and not key:
        raise invalid("kmsKeyArn must be specified when sseType is aws:kms")
    if kind != "aws:kms" and key:
        raise invalid("kmsKeyArn must not be specified when sseType is AES256")
    return {"sseType": kind, **({"kmsKeyArn": key} if key else {})}


def refuse_mode(call: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", "The embedded cloud has indexes of the mode CLASSIC only: no text search.", 501)
