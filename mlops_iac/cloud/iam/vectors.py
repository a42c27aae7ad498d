"""What IAM asks of vector buckets: their own policies, and the keys that their indexes are encrypted with.

"Identity and Access management" and "Data protection and encryption" of S3 Vectors in the S3 user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.iam.documents import parse_document
from mlops_iac.cloud.iam.evaluate import Policy
from mlops_iac.cloud.iam.keys import KeyUse
from mlops_iac.cloud.iam.requirements import Place
from mlops_iac.cloud.vectors.buckets import BUCKETS, INDEXES

_USES: Final = {
    "PutVectors": ("kms:Decrypt", "kms:GenerateDataKey"),
    "DeleteVectors": ("kms:Decrypt", "kms:GenerateDataKey"),
    "GetVectors": ("kms:Decrypt",),
    "ListVectors": ("kms:Decrypt",),
    "QueryVectors": ("kms:Decrypt",),
}

Store = Mapping[str, dict[Any, Any]]


def bucket_policy(arn: str, store: Store) -> Policy | None:
    """The policy of a vector bucket, for itself and for the indexes in it."""
    bucket = store[BUCKETS].get(arn.partition("/index/")[0])
    text = bucket.get("policy") if bucket else None
    return Policy(f"vector bucket {bucket['vectorBucketName']}", parse_document(text)) if bucket and text else None


def key_uses(operation: str, parameters: Mapping[str, Any], place: Place, store: Store) -> Iterator[KeyUse]:
    """The uses of an index's key in the caller's name."""
    given = f"bucket/{parameters.get('vectorBucketName')}/index/{parameters.get('indexName')}"
    here = f"arn:{place.partition}:s3vectors:{place.region}:{place.account}:{given}"
    arn = parameters.get("indexArn") or here
    key = ((store[INDEXES].get(arn) or {}).get("encryptionConfiguration") or {}).get("kmsKeyArn")
    if key is None:
        return
    for action in _USES.get(operation, ()):
        yield KeyUse(action=action, key=key, via="s3vectors", encryption_context={"aws:s3vectors:arn": arn})
