"""Single things by their names: a parameter, a bucket, a key, an alias."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.regions import dns_suffix_of, partition_of
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


def parameter(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    decryption = bool(args.get("withDecryption", True))
    found = api("GetParameter", Name=args["name"], WithDecryption=decryption)["Parameter"]
    secure = found["Type"] == "SecureString"
    return {
        "id": found["Name"],
        "arn": found["ARN"],
        "insecureValue": "" if secure else found["Value"],
        "name": found["Name"],
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
        "withDecryption": decryption,
    }


def bucket(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    name, region_name = str(args["bucket"]), scope.region
    api("HeadBucket", Bucket=name)
    suffix = dns_suffix_of(region_name)
    return {
        "id": name,
        "arn": f"arn:{partition_of(region_name)}:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.{suffix}",
        "bucketRegion": region_name,
        "bucketRegionalDomainName": f"{name}.s3.{region_name}.{suffix}",
    }


def key(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    found = api("DescribeKey", KeyId=args["keyId"])["KeyMetadata"]
    return {
        "id": found["KeyId"],
        "arn": found["Arn"],
        "awsAccountId": found["AWSAccountId"],
        "creationDate": found["CreationDate"].isoformat(),
        "customerMasterKeySpec": found.get("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"),
        "description": found.get("Description", ""),
        "enabled": found["Enabled"],
        "keyId": args["keyId"],
        "keyManager": found.get("KeyManager", "CUSTOMER"),
        "keySpec": found.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "keyState": found["KeyState"],
        "keyUsage": found.get("KeyUsage") or "ENCRYPT_DECRYPT",
        "multiRegion": found.get("MultiRegion", False),
        "origin": found.get("Origin", "AWS_KMS"),
    }


def alias(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    marker: dict[str, Any] = {}
    while True:
        page = api("ListAliases", **marker)
        for found in page["Aliases"]:
            if found["AliasName"] == args["name"]:
                return _alias(found)
        if not page.get("Truncated"):
            raise api.refuse("ListAliases", f"Alias `{args['name']}` is not found.", "NotFoundException")
        marker = {"Marker": page["NextMarker"]}


def _alias(found: Mapping[str, Any]) -> dict[str, Any]:
    prefix, target = found["AliasArn"].rsplit(":", 1)[0], found.get("TargetKeyId", "")
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "name": found["AliasName"],
        "targetKeyArn": f"{prefix}:key/{target}",
        "targetKeyId": target,
    }
