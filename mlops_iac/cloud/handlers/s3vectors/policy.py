"""aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy."""

from __future__ import annotations

from mlops_iac.cloud.handlers._base import Resource


class VectorsVectorBucketPolicy(Resource):
    """PutVectorBucketPolicy, GetVectorBucketPolicy, DeleteVectorBucketPolicy. IAM reads it here too."""

    type = "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy"
    service = "s3vectors"
    create_op, read_op = "PutVectorBucketPolicy", "GetVectorBucketPolicy"
    update_op, delete_op = "PutVectorBucketPolicy", "DeleteVectorBucketPolicy"
    required = frozenset({"policy", "vectorBucketArn"})
    documents = frozenset({"policy"})
    name_input, prefix_input = "", ""
    identity = ("vectorBucketArn",)
    id_from = "vectorBucketArn"
    key = {"vectorBucketArn": "vectorBucketArn"}
    refreshed = {"policy": "policy"}
    upserts = True
