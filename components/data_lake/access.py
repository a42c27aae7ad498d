"""All IAM actions on the lake, and the policy that guards its bucket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.components._kit import Grant, KeyRef, LakeRef, Named, Reach
from mlops_iac.core.errors import BlueprintError

if TYPE_CHECKING:
    from mlops_iac.components.data_lake.nodes import DataLakeNodes

RESULTS = "athena/"
"""Where Athena writes the results of queries."""

READ = ("s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion")
WRITE = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
    "s3:PutObjectTagging",
)
LIST = ("s3:GetBucketLocation", "s3:ListBucket")
QUERY = (
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetWorkGroup",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
DECRYPT = ("kms:Decrypt",)
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
"""Uploads in parts read their own parts back, so writing needs both."""
CATALOG = ("glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables")

BUCKET = (*READ, *WRITE, *LIST)
REACH = (
    Reach(actions=BUCKET),
    Reach(actions=ENCRYPT, on=("key/*",)),
    Reach(actions=QUERY),
    Reach(actions=CATALOG, on=("catalog", "database/{stack_words}_*", "table/{stack_words}_*")),
)


def reading(owner: Named, lake: LakeRef, prefixes: tuple[str, ...]) -> list[Grant]:
    """Objects below the prefixes, the listing of the bucket, and decryption through S3."""
    found = [_grant(owner, "read", READ, _objects(lake, prefixes)), _grant(owner, "list", LIST, (lake.arn,))]
    if lake.key_arn is None:
        return found
    return [*found, _grant(owner, "decrypt", DECRYPT, (lake.key_arn,), _through_s3(owner.site.region))]


def writing(owner: Named, lake: LakeRef, prefixes: tuple[str, ...]) -> list[Grant]:
    """Objects below the prefixes, the listing of the bucket, and encryption through S3."""
    found = [_grant(owner, "write", WRITE, _objects(lake, prefixes)), _grant(owner, "list", LIST, (lake.arn,))]
    if lake.key_arn is None:
        return found
    return [*found, _grant(owner, "encrypt", ENCRYPT, (lake.key_arn,), _through_s3(owner.site.region))]


def querying(owner: Named, nodes: DataLakeNodes | None) -> list[Grant]:
    """SQL in the lake's workgroup over the lake's catalogue; data and results are grants of their own."""
    if nodes is None:
        detail = f"`{owner.name}` is an adopted bucket; it has neither a catalogue nor a workgroup of ours."
        raise BlueprintError("An adopted lake cannot be queried.", detail, hint="grant_read it, or make the lake here.")
    site, catalog = owner.site, nodes.catalog.name
    resources = (
        site.arn("glue", "catalog"),
        pulumi.Output.concat(site.arn("glue", "database/"), catalog),
        pulumi.Output.concat(site.arn("glue", "table/"), catalog, "/*"),
    )
    return [_grant(owner, "query", QUERY, (nodes.queries.arn,)), _grant(owner, "catalog", CATALOG, resources)]


def _grant(
    owner: Named,
    what: str,
    actions: tuple[str, ...],
    resources: tuple[pulumi.Input[str], ...],
    conditions: Mapping[str, Mapping[str, str]] | None = None,
) -> Grant:
    return Grant(owner=owner.name, what=what, actions=actions, resources=resources, conditions=conditions or {})


def guarding(arn: pulumi.Input[str], key: KeyRef | None) -> list[dict[str, Any]]:
    """What nobody may do, whatever their role says: plain HTTP, old TLS, another key than the environment's."""
    objects = pulumi.Output.concat(arn, "/*")
    found = [
        _deny("PlainHttp", ["s3:*"], [arn, objects], {"Bool": {"aws:SecureTransport": "false"}}),
        _deny("OldTls", ["s3:*"], [arn, objects], {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]
    return [*found, *(_right_key(objects, key) if key else [])]


def _right_key(objects: pulumi.Input[str], key: KeyRef) -> list[dict[str, Any]]:
    """Uploads that name no encryption get the bucket's default, which is the key; only naming another one is refused.

    Both conditions are needed: a negated comparison is also true when the header is absent.
    """
    algorithm, key_id = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    other_algorithm = {"Null": {algorithm: "false"}, "StringNotEquals": {algorithm: "aws:kms"}}
    other_key = {"Null": {key_id: "false"}, "StringNotEquals": {key_id: key.arn}}
    return [
        _deny("OtherEncryption", ["s3:PutObject"], [objects], other_algorithm),
        _deny("OtherKey", ["s3:PutObject"], [objects], other_key),
    ]


def _deny(sid: str, actions: list[str], resources: list[Any], condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition}


def _through_s3(region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}


def _objects(lake: LakeRef, prefixes: tuple[str, ...]) -> tuple[pulumi.Output[str], ...]:
    """ARN patterns of the objects."""
    return tuple(pulumi.Output.concat(lake.arn, f"/{_prefix(p)}*") for p in (prefixes or ("",)))


def _prefix(zone_or_prefix: str) -> str:
    return zone_or_prefix if not zone_or_prefix or zone_or_prefix.endswith("/") else f"{zone_or_prefix}/"
