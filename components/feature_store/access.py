"""All IAM actions on a feature store."""

from __future__ import annotations

from mlops_iac.components._kit import Reach

OFFLINE = ("s3:PutObject", "s3:PutObjectAcl")
"""What Feature Store does with the objects of a history, in the role that it is given: the managed policy
AmazonSageMakerFeatureStoreAccess, on our own bucket."""
LOOK = ("s3:GetBucketAcl",)
SEAL = ("kms:GenerateDataKey",)
"""https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-security.html: of the role of the history."""
OPEN = ("kms:Decrypt",)
"""The same: of whoever reads or writes online records."""
READ = ("sagemaker:BatchGetRecord", "sagemaker:GetRecord")
WRITE = ("sagemaker:PutRecord",)
CALL = ("lambda:InvokeFunction",)

REACH = (
    Reach(actions=(*OFFLINE, *LOOK)),
    Reach(actions=(*SEAL, *OPEN), on=("key/*",)),
    Reach(actions=(*READ, *WRITE)),
    Reach(actions=CALL, on=("function:{stack}-*",)),
)
