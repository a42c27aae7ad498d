"""All IAM actions on the lake, and the policy that guards its bucket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.components._kit import Grant, KeyRef, LakeRef, Named, Reach
from mlops_iac.components._kit.buckets import denied
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.refs import ReaderRef
from mlops_iac.core.access import Level
from mlops_iac.core.audit import FOLDER
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.retention import EVIDENCE, LOCKED

if TYPE_CHECKING:
    from mlops_iac.components.data_lake.nodes import DataLakeNodes

RESULTS = "athena/"
"""Where Athena writes the results of queries."""

MODELS, ARCHIVES = "models/", "models/*/model.tar.gz"
"""What another environment may be let read: archives of models, and the listing of where they lie."""

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
LOCK = ("s3:PutObjectRetention",)
"""To lock, and to make a lock longer; not `s3:BypassGovernanceRetention`, which ends one and which nobody is given."""
DECRYPT = ("kms:Decrypt",)
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
"""Uploads in parts read their own parts back, so writing needs both."""
CATALOG = ("glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables")

KEPT_FOR_PERSONS = ("models/*", f"{FOLDER}*")
"""What every person may read: what runs found out, and the log of who did what. No data."""
WORKED_ON = ("raw/*", "curated/*", "features/*", "code/*", f"{RESULTS}*")
PUT = tuple(action for action in WRITE if action != "s3:DeleteObject")
"""Nothing is deleted by hand."""
COPIES = "curated/kept/data/*"
"""Where a run that is told a version of the data finds it: copied there by who starts it."""
PUT_ON = ("raw/*", "code/*", "models/*", COPIES, "curated/inference/requests/*", f"{FOLDER}*", f"{RESULTS}*")
PEOPLE: Declared = {
    "viewer": (
        Reach(actions=LIST, on=("{stack}-*",)),
        Reach(actions=READ, on=tuple(f"{{stack}}-*/{key}" for key in KEPT_FOR_PERSONS)),
    ),
    "scientist": (
        Reach(actions=("s3:ListBucketVersions",), on=("{stack}-*",)),
        Reach(actions=READ, on=tuple(f"{{stack}}-*/{key}" for key in WORKED_ON)),
        Reach(actions=PUT, on=tuple(f"{{stack}}-*/{key}" for key in PUT_ON)),
        Reach(actions=QUERY),
        Reach(actions=CATALOG, on=("catalog", "database/{stack_words}_*", "table/{stack_words}_*")),
    ),
}

BUCKET = (*READ, *WRITE, *LIST)
REACH = (
    Reach(actions=BUCKET),
    Reach(actions=ENCRYPT, on=("key/*",)),
    Reach(actions=QUERY),
    Reach(actions=CATALOG, on=("catalog", "database/{stack_words}_*", "table/{stack_words}_*")),
)

COMMIT = ("glue:UpdateTable",)
COMMIT_ON = ("catalog", "database/{stack_words}_*", "table/{stack_words}_*")
INSERT_REACH = (Reach(actions=COMMIT, on=COMMIT_ON),)


def inserting(places: Iterable[str]) -> Declared:
    """What scientists may of a lake with Iceberg tables: INSERT writes files below the table's place, and says in the
    catalogue where its newest metadata lies. Nothing is deleted."""
    put = tuple(f"{{stack}}-*/{place}*" for place in sorted({*places}))
    return {"scientist": (Reach(actions=COMMIT, on=COMMIT_ON), Reach(actions=PUT, on=put))}


LOCK_REACH = (Reach(actions=LOCK),)
LOCK_PEOPLE: Declared = {
    "viewer": (Reach(actions=READ, on=(f"{{stack}}-*/{EVIDENCE}*",)),),
    "scientist": (Reach(actions=LOCK, on=tuple(f"{{stack}}-*/{folder}*" for folder in LOCKED)),),
    "admin": (Reach(actions=PUT, on=(f"{{stack}}-*/{EVIDENCE}*",)),),
}
"""Of a lake with retention: who writes to the log of who did what locks what he wrote."""
LOGGED, SHOWN = (FOLDER,), LOCKED
"""Folders in which nothing is deleted or overwritten: of every lake, and of one with retention."""


def adopted() -> Iterator[tuple[Level, tuple[str, ...], tuple[str, ...]]]:
    """The same of a bucket that bears another name: level, actions, and what follows the bucket's ARN."""
    yield "viewer", LIST, ("",)
    yield "viewer", READ, tuple(f"/{key}" for key in KEPT_FOR_PERSONS)
    yield "scientist", READ, tuple(f"/{key}" for key in WORKED_ON)
    yield "scientist", PUT, tuple(f"/{key}" for key in PUT_ON)


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


def locking(owner: Named, lake: LakeRef, prefixes: tuple[str, ...]) -> list[Grant]:
    """Objects below the prefixes, in the version that is there."""
    return [_grant(owner, "lock", LOCK, _objects(lake, prefixes))]


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


def guarding(arn: pulumi.Input[str], key: KeyRef | None, folders: Iterable[str] = LOGGED) -> list[dict[str, Any]]:
    """What nobody may do, whatever their role says: plain HTTP, old TLS, another key than the environment's,
    and to delete or overwrite what the log of who did what holds, or another of these folders."""
    objects = pulumi.Output.concat(arn, "/*")
    found = [
        denied("PlainHttp", ["s3:*"], [arn, objects], {"Bool": {"aws:SecureTransport": "false"}}),
        denied("OldTls", ["s3:*"], [arn, objects], {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
    ]
    log = [pulumi.Output.concat(arn, f"/{folder}*") for folder in folders]
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
    found += [
        denied("AuditLogDeleted", ["s3:DeleteObject", "s3:DeleteObjectVersion"], log),
        denied("AuditLogOverwritten", ["s3:PutObject"], log, {"Null": {"s3:if-none-match": "true"}}),
    ]
    return [*found, *(_right_key(objects, key) if key else [])]


def shared_objects(arn: pulumi.Input[str]) -> tuple[pulumi.Output[str], ...]:
    """What a promotion reads of a bucket."""
    return (pulumi.Output.concat(arn, f"/{ARCHIVES}"),)


def sharing(arn: pulumi.Input[str], readers: Iterable[ReaderRef], partition: str) -> list[dict[str, Any]]:
    """What one role of another environment may read. The account is the principal, and the condition the role: S3
    refuses a policy that names a role which does not exist yet."""
    found = []
    for number, reader in enumerate(readers, 1):
        account, role = reader.arns(partition)
        who = {"Effect": "Allow", "Principal": {"AWS": account}}
        only = {"ArnEquals": {"aws:PrincipalArn": role}}
        found += [
            {
                **who,
                "Sid": f"Promote{number}",
                "Action": ["s3:GetObject"],
                "Resource": [*shared_objects(arn)],
                "Condition": only,
            },
            {
                **who,
                "Sid": f"PromoteList{number}",
                "Action": ["s3:ListBucket"],
                "Resource": [arn],
                "Condition": {**only, "StringLike": {"s3:prefix": f"{MODELS}*"}},
            },
        ]
    return found


def _right_key(objects: pulumi.Input[str], key: KeyRef) -> list[dict[str, Any]]:
    """Uploads that name no encryption get the bucket's default, which is the key; only naming another one is refused.

    Both conditions are needed: a negated comparison is also true when the header is absent.
    """
    algorithm, key_id = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    other_algorithm = {"Null": {algorithm: "false"}, "StringNotEquals": {algorithm: "aws:kms"}}
    other_key = {"Null": {key_id: "false"}, "StringNotEquals": {key_id: key.arn}}
    return [
        denied("OtherEncryption", ["s3:PutObject"], [objects], other_algorithm),
        denied("OtherKey", ["s3:PutObject"], [objects], other_key),
    ]


def _through_s3(region: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}}


def _objects(lake: LakeRef, prefixes: tuple[str, ...]) -> tuple[pulumi.Output[str], ...]:
    """ARN patterns of the objects."""
    return tuple(pulumi.Output.concat(lake.arn, f"/{_prefix(p)}*") for p in (prefixes or ("",)))


def _prefix(zone_or_prefix: str) -> str:
    return zone_or_prefix if not zone_or_prefix or zone_or_prefix.endswith("/") else f"{zone_or_prefix}/"
