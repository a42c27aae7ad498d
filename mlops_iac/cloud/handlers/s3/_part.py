"""What the S3 sub-resources share: a bucket is their identity, a Put makes and changes, a Get reads, a Delete
ends."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

OWNER = {"expectedBucketOwner": "one account owns every bucket here."}


class BucketPart(Resource):
    """One configuration of a bucket. Its id is the bucket's name; a bucket that is gone took it along.

    A Put replaces the whole configuration, on AWS too, so create and update are one call. Only Gets and Deletes
    that moto knows are ever sent: it takes the delete of an unknown sub-resource for the delete of the bucket.
    """

    service = "s3"
    name_input = ""
    identity = ("bucket",)
    shares_names = True
    id_from = "bucket"
    key = {"Bucket": "bucket"}
    ignores = OWNER
    upserts = True

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        api = self.api(scope, new)
        api(self.create_op, **self.create_params(scope, new))
        kept = {key: value for key, value in outputs.items() if key not in old}
        return {**kept, **new}
