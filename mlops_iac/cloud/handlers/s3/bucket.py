"""aws:s3/bucket:Bucket."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource, set_or_drop
from mlops_iac.cloud.handlers._tags import decode
from mlops_iac.cloud.regions import dns_suffix_of
from mlops_iac.core.errors import CloudError
from mlops_iac.core.xml_text import fits_xml
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

BATCH = 1000
"""Keys that one DeleteObjects takes: S3's limit."""

NAME = re.compile(r"(?!xn--|sthree-|.*\.\.|\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""S3's rules for the name of a general purpose bucket."""

HOSTED_ZONES = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}
"""Hosted zones of S3's website endpoints (AWS General Reference, "Amazon S3 endpoints"); others answer none."""


class Bucket(Resource):
    """CreateBucket and PutBucketTagging; a read is HeadBucket and GetBucketTagging.

    Configurations inside the bucket (``versioning``, ``lifecycleRules``, …, deprecated in pulumi-aws) are
    refused: they have types of their own. ``objectLockEnabled`` is honoured. ``forceDestroy`` empties all
    versions before the delete.
    """

    type = "aws:s3/bucket:Bucket"
    service = "s3"
    create_op, read_op, delete_op = "CreateBucket", "HeadBucket", "DeleteBucket"
    extras = frozenset({"forceDestroy", "tags"})
    renames = {"objectLockEnabled": "ObjectLockEnabledForBucket"}
    ignores = {"bucketNamespace": "names are global in one namespace here."}
    name_input, name_limit, prefix_input = "bucket", 63, "bucketPrefix"
    shares_names = True
    replace_on = frozenset({"objectLockEnabled"})
    id_from = "bucket"
    key = {"Bucket": "bucket"}
    formats = {"arn": "arn:{partition}:s3:::{bucket}"}
    later = frozenset({"tags"})
    create_calls = 2

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        name = inputs["bucket"]
        if isinstance(name, str) and not NAME.fullmatch(name):
            raise CloudError(
                "Not a bucket name.",
                f"`{name}` breaks S3's rules: 3 to 63 of a-z, 0-9, dot and dash, letter or digit at both ends.",
                resource=self.type,
            )

    def auto_name(self, prefix: str) -> str:
        return super().auto_name(prefix.lower())

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        region = self._region(scope, inputs)
        if region != "us-east-1":  # the one region that S3 does not let you name
            params["CreateBucketConfiguration"] = {"LocationConstraint": region}
        return params

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        """In us-east-1 S3 answers 200 to a second create by the same owner; Pulumi's provider then refuses to
        adopt it."""
        if self._region(scope, inputs) == "us-east-1" and api.maybe("HeadBucket", Bucket=inputs["bucket"]) is not None:
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise api.refuse("CreateBucket", message, "BucketAlreadyOwnedByYou")

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        self._add_addresses(scope, outputs)
        self._put_bucket_tags(api, outputs)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        answer = api.maybe("GetBucketTagging", Bucket=outputs["bucket"]) or {}
        tags = decode(answer.get("TagSet") or [])
        set_or_drop(outputs, "tags", tags if tags or "tags" in outputs else None)
        outputs["tagsAll"] = tags
        outputs["region"] = self._region(scope, outputs)
        self._add_addresses(scope, outputs)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "tags" in changed:
            self._put_bucket_tags(api, outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if api.maybe("HeadBucket", Bucket=outputs["bucket"]) is None:
            return
        if outputs.get("forceDestroy"):
            empty(api, outputs["bucket"])
        try:
            api("DeleteBucket", Bucket=outputs["bucket"])
        except CloudError as error:
            if error.code == "BucketNotEmpty":
                hint = "empty it, or set `forceDestroy` and run `up` before `destroy`."
                raise CloudError(
                    error.summary, error.detail, hint=hint, resource=error.resource, call=error.call, code=error.code
                ) from error
            raise

    def _put_bucket_tags(self, api: Api, outputs: dict[str, Any]) -> None:
        tags = outputs.get("tags") or {}
        if tags:
            tagging = {"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]}
            api("PutBucketTagging", Bucket=outputs["bucket"], Tagging=tagging)
        elif outputs.get("tagsAll"):
            api("DeleteBucketTagging", Bucket=outputs["bucket"])
        outputs["tagsAll"] = dict(tags)

    def _add_addresses(self, scope: Scope, outputs: dict[str, Any]) -> None:
        region, bucket = self._region(scope, outputs), outputs["bucket"]
        suffix = dns_suffix_of(region)
        outputs["bucketRegion"] = region
        outputs["bucketDomainName"] = f"{bucket}.s3.{suffix}"
        outputs["bucketRegionalDomainName"] = f"{bucket}.s3.{region}.{suffix}"
        set_or_drop(outputs, "hostedZoneId", HOSTED_ZONES.get(region))


def empty(api: Api, bucket: str) -> None:
    """Delete every version and every delete marker, a thousand at a time; one by one where XML cannot name the key."""
    while True:
        page = api.maybe("ListObjectVersions", Bucket=bucket, MaxKeys=BATCH) or {}
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not entries:
            return
        doomed = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries[:BATCH]]
        odd = [entry for entry in doomed if not fits_xml(entry["Key"])]
        for entry in odd:
            api("DeleteObject", Bucket=bucket, **entry)
        doomed = [entry for entry in doomed if entry not in odd] if odd else doomed
        if not doomed:
            continue
        answer = api("DeleteObjects", Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
        for failure in answer.get("Errors", []):  # a locked version would make this an endless loop
            raise api.refuse("DeleteObjects", f"{failure['Key']}: {failure.get('Message', '')}", failure["Code"])
