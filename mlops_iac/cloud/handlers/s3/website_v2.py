"""aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2."""

from __future__ import annotations

from mlops_iac.cloud.handlers.s3.website import BucketWebsiteConfiguration


class BucketWebsiteConfigurationV2(BucketWebsiteConfiguration):
    """The name that BucketWebsiteConfiguration had in pulumi-aws 6."""

    type = "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2"
