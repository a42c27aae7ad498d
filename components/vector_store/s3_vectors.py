"""A vector store on Amazon S3 Vectors: a bucket and an index in it, which cost what lies in them and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pulumi
from pulumi_aws.s3 import VectorsIndex, VectorsVectorBucket, VectorsVectorBucketPolicy

from mlops_iac.components._kit import Component, KeyRef, Named, Reach, VectorStoreRef, policy, render
from mlops_iac.components._kit.buckets import denied
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role
from mlops_iac.core.errors import BlueprintError

__all__ = ["VectorStore", "VectorStoreArgs", "VectorStoreNodes"]

# Idle cost: 0.06 $ a month for each GB of vectors and metadata; writing costs 0.20 $ a GB, a million questions 2.50 $
# and what they look through.

MOST_DIMENSIONS: Final = 4096
MOST_HIDDEN: Final = 10

READ = ("s3vectors:GetIndex", "s3vectors:GetVectors", "s3vectors:QueryVectors")
"""A question that filters, or wants metadata, takes GetVectors as well."""
WRITE = ("s3vectors:DeleteVectors", "s3vectors:PutVectors")
DECRYPT = ("kms:Decrypt",)
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")
DATA = (*READ, *WRITE, "s3vectors:ListVectors")


@dataclass(frozen=True, kw_only=True)
class VectorStoreArgs:
    """What a team may say about its vector store. All of it is settled when the index is made: a change replaces the
    index, and a run of the pipeline fills the new one."""

    dimension: int
    """Numbers of a vector, 1 to 4096: what the embedding makes."""
    metric: Literal["cosine", "euclidean"] = "cosine"
    """How near two vectors are. Left out: by their angle, which is usual for texts."""
    hidden: tuple[str, ...] = ("text",)
    """Metadata keys that no filter can name, at most ten: they may be large (40 KB together, all others 2 KB).
    Left out: the text of a chunk."""
    key: KeyRef | None = None
    """Encrypts vectors and metadata. Left out: S3's own encryption."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `VectorStoreNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class VectorStoreNodes:
    bucket: VectorsVectorBucket
    policy: VectorsVectorBucketPolicy
    index: VectorsIndex


class VectorStore(Component):
    """One index of vectors, in a bucket of its own."""

    Nodes = VectorStoreNodes
    reach = (Reach(actions=DATA), Reach(actions=ENCRYPT, on=("key/*",)))

    def __init__(self, place: Named, args: VectorStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__(place, args.transforms, opts)
        bucket = self._create_bucket(args)
        index = self._create_index(bucket, args)

        self.nodes = VectorStoreNodes(bucket=bucket, policy=self._create_policy(bucket), index=index)
        self.ref = VectorStoreRef(
            bucket=bucket.vector_bucket_name,
            index=index.index_name,
            index_arn=index.index_arn,
            dimension=args.dimension,
            metric=args.metric,
            key_arn=args.key.arn if args.key else None,
        )
        self.index_arn: pulumi.Output[str] = index.index_arn
        self.register_outputs({"index_arn": index.index_arn})

    def grant_read(self, role: Role) -> None:
        """Let a role ask the index, and read vectors and metadata."""
        self._grant(role, "read", READ, DECRYPT)

    def grant_write(self, role: Role) -> None:
        """Let a role put vectors into the index and take them out; reading is a grant of its own."""
        self._grant(role, "write", WRITE, ENCRYPT)

    def _grant(self, role: Role, what: str, actions: tuple[str, ...], key: tuple[str, ...]) -> None:
        role.grant(self.allow(what, actions, (self.index_arn,)))
        if self.ref.key_arn is not None:
            through = {"StringEquals": {"kms:ViaService": f"s3vectors.{self.site.region}.amazonaws.com"}}
            role.grant(self.allow(f"{what} key", key, (self.ref.key_arn,), through))

    def _create_bucket(self, args: VectorStoreArgs) -> VectorsVectorBucket:
        props = {"encryption_configurations": _encryption(args.key), "force_destroy": not self.site.protected}
        return self.make("bucket", VectorsVectorBucket, props, called=self.place.name)

    def _create_index(self, bucket: VectorsVectorBucket, args: VectorStoreArgs) -> VectorsIndex:
        props: dict[str, Any] = {
            "vector_bucket_name": bucket.vector_bucket_name,
            "data_type": "float32",
            "dimension": args.dimension,
            "distance_metric": args.metric,
            "encryption_configurations": _encryption(args.key),
        }
        if args.hidden:
            props["metadata_configuration"] = {"non_filterable_metadata_keys": list(args.hidden)}
        return self.make("index", VectorsIndex, props, called=self.place.name)

    def _create_policy(self, bucket: VectorsVectorBucket) -> VectorsVectorBucketPolicy:
        """Nobody of another account, whatever their roles say, and nobody without encryption on the way."""
        below = [pulumi.Output.concat(bucket.vector_bucket_arn, "/index/*")]
        strangers = {"StringNotEquals": {"aws:PrincipalAccount": self.site.account_id}}
        plain = {"Bool": {"aws:SecureTransport": "false"}}
        statements = [
            denied("OwnAccountOnly", sorted(DATA), below, strangers),
            denied("TlsOnly", sorted(DATA), below, plain),
        ]
        props = {"vector_bucket_arn": bucket.vector_bucket_arn, "policy": render(policy(statements))}
        return self.make("policy", VectorsVectorBucketPolicy, props)


def _encryption(key: KeyRef | None) -> list[dict[str, Any]]:
    return [{"sse_type": "aws:kms", "kms_key_arn": key.arn}] if key else [{"sse_type": "AES256"}]


def _check(args: VectorStoreArgs) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-vectors-limitations.html"""
    if not 1 <= args.dimension <= MOST_DIMENSIONS:
        detail = f"A vector has {args.dimension} numbers; S3 Vectors takes 1 to {MOST_DIMENSIONS}."
        raise BlueprintError("Dimension out of range.", detail, hint="give what the embedding makes: 256, for one.")
    if len(args.hidden) > MOST_HIDDEN:
        detail = f"{len(args.hidden)} metadata keys are hidden from filters; S3 Vectors takes {MOST_HIDDEN}."
        raise BlueprintError("Too many hidden keys.", detail, hint="hide only what is large: the text.")
