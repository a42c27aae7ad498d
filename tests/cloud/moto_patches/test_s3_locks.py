"""Object Lock: what is locked stays, who may change a lock, and what a bucket locks by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

BUCKET = "locks-bucket"


@pytest.fixture(scope="module")
def s3(cloud):
    client = cloud.clients()("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket=BUCKET, Key="before", Body=b"there before there was a lock")
    refused("InvalidBucketState", configure, client)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    refused("ObjectLockConfigurationNotFoundError", client.get_object_lock_configuration, Bucket=BUCKET)
    version = client.put_object(Bucket=BUCKET, Key="early", Body=b"x")["VersionId"]
    refused("InvalidRequest", retain, client, "early", version, "GOVERNANCE", 1)
    configure(client)
    return client


def configure(s3, **rule):
    s3.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **({"Rule": rule} if rule else {})}
    )


def later(days):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


def put(s3, key, **more):
    return s3.put_object(Bucket=BUCKET, Key=key, Body=b"x", **more)["VersionId"]


def retain(s3, key, version, mode, days, **more):
    retention = {"Mode": mode, "RetainUntilDate": later(days)} if mode else {}
    s3.put_object_retention(Bucket=BUCKET, Key=key, VersionId=version, Retention=retention, **more)


def refused(code, call, *arguments, **named):
    with pytest.raises(ClientError) as error:
        call(*arguments, **named)
    assert error.value.response["Error"]["Code"] == code, error.value


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_version_is_not_deleted_and_its_lock_only_grows(s3, mode):
    version = put(s3, mode, ObjectLockMode=mode, ObjectLockRetainUntilDate=later(2))
    there = {"Bucket": BUCKET, "Key": mode, "VersionId": version}
    refused("AccessDenied", s3.delete_object, **there)
    (error,) = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": mode, "VersionId": version}]})["Errors"]
    assert error["Code"] == "AccessDenied"
    for changed in (("GOVERNANCE", 1), ("COMPLIANCE", 1), (None, 0)):
        refused("AccessDenied", retain, s3, mode, version, *changed)
    retain(s3, mode, version, mode, 3)
    assert s3.get_object_retention(**there)["Retention"]["RetainUntilDate"] > later(2)
    s3.delete_object(Bucket=BUCKET, Key=mode)  # a marker over it, which hides it
    assert s3.head_object(**there)["ObjectLockMode"] == mode


def test_who_bypasses_governance_may_do_all_and_compliance_nothing(s3):
    bypass = {"BypassGovernanceRetention": True}
    for mode in ("GOVERNANCE", "COMPLIANCE"):
        version = put(s3, "bypassed", ObjectLockMode=mode, ObjectLockRetainUntilDate=later(2))
        there = {"Bucket": BUCKET, "Key": "bypassed", "VersionId": version}
        refused("AccessDenied", s3.delete_object, **there, BypassGovernanceRetention=False)
        if mode == "COMPLIANCE":
            refused("AccessDenied", retain, s3, "bypassed", version, "COMPLIANCE", 1, **bypass)
            refused("AccessDenied", s3.delete_object, **there, **bypass)
        else:
            retain(s3, "bypassed", version, "GOVERNANCE", 1, **bypass)
            s3.delete_object(**there, **bypass)
            refused("NoSuchVersion", s3.get_object_retention, **there)


def test_a_legal_hold_has_no_end_until_it_is_taken_away(s3):
    version = put(s3, "held")
    there = {"Bucket": BUCKET, "Key": "held", "VersionId": version}
    s3.put_object_legal_hold(**there, LegalHold={"Status": "ON"})
    refused("AccessDenied", s3.delete_object, **there, BypassGovernanceRetention=True)
    s3.put_object_legal_hold(**there, LegalHold={"Status": "OFF"})
    s3.delete_object(**there)


def test_a_bucket_locks_what_is_new_however_it_comes(s3):
    configure(s3, DefaultRetention={"Mode": "GOVERNANCE", "Days": 5})
    assert s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]["Rule"] == {
        "DefaultRetention": {"Mode": "GOVERNANCE", "Days": 5}
    }
    put(s3, "default/whole")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="default/parts")["UploadId"]
    named = {"Bucket": BUCKET, "Key": "default/parts", "UploadId": upload}
    part = s3.upload_part(**named, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    s3.copy_object(Bucket=BUCKET, Key="default/copy", CopySource=f"{BUCKET}/default/whole")
    for key in ("whole", "parts", "copy"):
        found = s3.get_object_retention(Bucket=BUCKET, Key=f"default/{key}")["Retention"]
        assert found["Mode"] == "GOVERNANCE"
        assert later(4) < found["RetainUntilDate"] <= later(5)
    configure(s3)
    refused("NoSuchObjectLockConfiguration", s3.get_object_retention, Bucket=BUCKET, Key="early")


def test_what_would_weaken_a_lock_is_refused(s3):
    refused(
        "InvalidBucketState", s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )
    for rule in ({"Mode": "GOVERNANCE"}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, {"Mode": "SOME", "Days": 1}):
        refused("MalformedXML", configure, s3, DefaultRetention=rule)
    version = put(s3, "past")
    refused("InvalidArgument", retain, s3, "past", version, "GOVERNANCE", -1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": later(1)}
    refused("NotImplemented", s3.create_multipart_upload, Bucket=BUCKET, Key="parts", **lock)
