"""aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3._part import BucketPart
from mlops_iac.cloud.regions import dns_suffix_of
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

DASHED = frozenset(
    {
        "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-gov-west-1",
        "us-west-1", "us-west-2",
    }
)  # fmt: skip
"""Regions whose website endpoints are written ``s3-website-REGION``; elsewhere it is ``s3-website.REGION`` (AWS General
Reference, "Amazon S3 endpoints")."""


class BucketWebsiteConfiguration(BucketPart):
    """PutBucketWebsite, GetBucketWebsite, DeleteBucketWebsite. The endpoint has AWS's name, and nobody answers there:
    pages are read by S3's API here."""

    type = "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration"
    create_op, read_op, delete_op = "PutBucketWebsite", "GetBucketWebsite", "DeleteBucketWebsite"
    wrapped = "WebsiteConfiguration"
    renames = {"routingRuleDetails": "RoutingRules"}
    extras = frozenset({"routingRules"})
    documents = frozenset({"routingRules"})
    required = frozenset({"bucket"})
    refreshed = {
        "indexDocument": "IndexDocument.{suffix: Suffix}",
        "errorDocument": "ErrorDocument.{key: Key}",
        "redirectAllRequestsTo": "RedirectAllRequestsTo.{hostName: HostName, protocol: Protocol}",
    }

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        if inputs.get("routingRules"):
            params["WebsiteConfiguration"]["RoutingRules"] = read_json(inputs["routingRules"])
        return params

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        self._add_endpoint(scope, outputs)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        self._add_endpoint(scope, outputs)

    def _add_endpoint(self, scope: Scope, outputs: dict[str, Any]) -> None:
        region = self._region(scope, outputs)
        domain = f"s3-website{'-' if region in DASHED else '.'}{region}.{dns_suffix_of(region)}"
        outputs["websiteDomain"], outputs["websiteEndpoint"] = domain, f"{outputs['bucket']}.{domain}"
