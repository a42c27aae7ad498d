"""A key in memory and in a snapshot: small, and still all that was said of it."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.cloud import snapshot
from tests.cloud.conftest import Cloud

BUCKET = "keys"
SAID: dict[str, dict[str, Any]] = {
    "plain": {},
    "described": {"Metadata": {"a": "b"}, "ContentType": "text/csv", "CacheControl": "no-store"},
    "cold": {"StorageClass": "STANDARD_IA"},
    "encrypted": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "arn:aws:kms:eu-west-1:123456789012:key/k"},
    "public": {"ACL": "public-read"},
    "redirected": {"WebsiteRedirectLocation": "/there"},
    "checked": {"ChecksumAlgorithm": "SHA256"},
    "tagged": {"Tagging": "team=screening"},
    "locked": {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": "2099-01-01T00:00:00Z"},
    "held": {"ObjectLockLegalHoldStatus": "ON"},
}
HTTP = ("ResponseMetadata", "Body")


@pytest.fixture(scope="module")
def clients(cloud: Cloud) -> Clients:
    made = cloud.clients()
    location = {"LocationConstraint": "eu-west-1"}
    made("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location, ObjectLockEnabledForBucket=True)
    return made


def told(clients: Clients, key: str) -> dict[str, Any]:
    s3 = clients("s3")
    got = s3.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
    return {
        **{name: value for name, value in got.items() if name not in HTTP},
        "acl": s3.get_object_acl(Bucket=BUCKET, Key=key)["Grants"],
        "tags": s3.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"],
        "content": got["Body"].read(),
    }


@pytest.mark.parametrize("key", SAID)
def test_a_save_changes_nothing_that_is_told_of_an_object(cloud: Cloud, clients: Clients, key: str) -> None:
    clients("s3").put_object(Bucket=BUCKET, Key=key, Body=b"inside", **SAID[key])
    before = told(clients, key)
    snapshot.dump(cloud.gateway.store)
    assert told(clients, key) == before


def test_what_is_said_of_an_object_later_is_its_own(cloud: Cloud, clients: Clients) -> None:
    s3 = clients("s3")
    for key in ("one", "other"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"inside")
    snapshot.dump(cloud.gateway.store)
    before = told(clients, "other")
    s3.put_object_acl(Bucket=BUCKET, Key="one", ACL="public-read")
    s3.put_object_legal_hold(Bucket=BUCKET, Key="one", LegalHold={"Status": "ON"})
    snapshot.dump(cloud.gateway.store)
    assert len(told(clients, "one")["acl"]) == 2
    assert s3.get_object_legal_hold(Bucket=BUCKET, Key="one")["LegalHold"] == {"Status": "ON"}
    assert told(clients, "other") == before


def test_a_key_of_which_nothing_is_said_holds_little(cloud: Cloud, clients: Clients) -> None:
    from moto.s3.models import s3_backends

    clients("s3").put_object(Bucket=BUCKET, Key="small", Body=b"inside")
    snapshot.dump(cloud.gateway.store)
    key = s3_backends["123456789012"]["aws"].buckets[BUCKET].keys["small"]
    assert len(vars(key)) <= 14, sorted(vars(key))
