"""A static website: a public bucket, and every file of a folder in it."""

import json
import mimetypes
from pathlib import Path

import pulumi
from pulumi_aws import s3

WWW = Path("www")

bucket = s3.Bucket("site")
website = s3.BucketWebsiteConfiguration(
    "site", bucket=bucket.bucket, index_document={"suffix": "index.html"}, error_document={"key": "missing.html"}
)
ownership = s3.BucketOwnershipControls("site", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"})
access = s3.BucketPublicAccessBlock("site", bucket=bucket.bucket, block_public_policy=False)


def anybody_reads(name: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


s3.BucketPolicy(
    "site",
    bucket=bucket.bucket,
    policy=bucket.bucket.apply(anybody_reads),
    opts=pulumi.ResourceOptions(depends_on=[access, ownership]),
)
for file in sorted(WWW.rglob("*")):
    if file.is_file():
        s3.BucketObject(
            file.relative_to(WWW).as_posix(),
            bucket=bucket.bucket,
            source=pulumi.FileAsset(str(file)),
            content_type=mimetypes.guess_type(file.name)[0],
        )

pulumi.export("bucket", bucket.bucket)
pulumi.export("url", pulumi.Output.concat("http://", website.website_endpoint))
