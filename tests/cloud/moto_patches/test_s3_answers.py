"""S3's answers where a key is odd or gone, and where moto takes one operation for another."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3.bucket import empty
from mlops_iac.cloud.moto_patches import s3_answers
from mlops_iac.core.xml_text import fits_xml

BUCKET = "answers-bucket"
KEYS = (
    "raw/\x1b[2J/x", "raw//x", "//x", "/x", "x/", "x//", "raw/" + "n" * 300, "n" * 1024, "./x", "../x", "a/../b", "..",
    ".", "é/ü%20+ &=?#'\"<>", "%2e%2e/x", "a\rb", "line\nend", "end\n", "\x01", "\x7f", "\ufffe", "😀", "a;b", "*", "+",
    "<a>", "&amp;", "cafe\u0301", "moto-api/x", "_mlops-iac/x", "raw/a", "raw/a/b",
)  # fmt: skip


@pytest.fixture(scope="module")
def s3(cloud):
    client = cloud.clients()("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def keys(page, name="Contents"):
    return [item["Key"] for item in page.get(name, ())]


def test_every_key_comes_back_by_every_way_and_none_is_another(s3):
    for key in KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for key in KEYS:
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
        assert s3.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == len(key.encode())
        assert key in keys(s3.list_objects_v2(Bucket=BUCKET, Prefix=key))
    for page, name in (
        (s3.list_objects_v2(Bucket=BUCKET), "Contents"),
        (s3.list_objects(Bucket=BUCKET), "Contents"),
        (s3.list_object_versions(Bucket=BUCKET), "Versions"),
    ):
        assert sorted(keys(page, name)) == sorted(KEYS)
    folders = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/", Prefix="raw/")["CommonPrefixes"]
    assert {"Prefix": "raw/\x1b[2J/"} in folders
    paged = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 4})
    assert sorted(key for page in paged for key in keys(page, "Versions")) == sorted(KEYS)


def test_uploads_of_odd_keys_are_listed_in_urls_form(s3):
    for key in (key for key in KEYS if fits_xml(key)):
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)
        assert upload["Key"] == key
        assert s3.list_parts(Bucket=BUCKET, Key=key, UploadId=upload["UploadId"])["Key"] == key
        s3.abort_multipart_upload(Bucket=BUCKET, Key=key, UploadId=upload["UploadId"])
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="ü\n+")["UploadId"]
    assert keys(s3.list_multipart_uploads(Bucket=BUCKET, EncodingType="url"), "Uploads") == ["%C3%BC%0A%2B"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="ü\n+", UploadId=upload)


def test_a_bucket_of_odd_keys_and_delete_markers_is_emptied_and_deleted(cloud):
    s3, bucket = cloud.clients()("s3"), "emptied-bucket"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
        s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_object(Bucket=bucket, Key=key)
    assert len(s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]) == 2 * len(KEYS)
    empty(Api(cloud.clients(), "s3", "aws:s3/bucket:Bucket", bucket), bucket)
    page = s3.list_object_versions(Bucket=bucket)
    assert (page.get("Versions"), page.get("DeleteMarkers")) == (None, None)
    s3.delete_bucket(Bucket=bucket)


def test_a_key_that_is_too_long_is_refused(s3):
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=BUCKET, Key="ü" * 513, Body=b"")
    assert caught.value.response["Error"]["Code"] == "KeyTooLongError"


def minimal(shape, name=""):
    """The least that botocore lets through."""
    kinds = {
        "structure": lambda: {member: minimal(shape.members[member], member) for member in shape.required_members},
        "list": lambda: [minimal(shape.member)],
        "map": dict,
        "blob": lambda: b"x",
        "integer": lambda: 1,
        "long": lambda: 1,
        "boolean": lambda: False,
        "timestamp": lambda: 0,
    }
    if shape.type_name in kinds:
        return kinds[shape.type_name]()
    return {"CopySource": f"{BUCKET}/gone"}.get(name) or (getattr(shape, "enum", None) or ["x"])[0]


def operations_on_an_object(s3):
    for name in s3.meta.service_model.operation_names:
        shape = s3.meta.service_model.operation_model(name).input_shape
        if shape is not None and "Key" in shape.members:
            yield name, shape


MAY_CHANGE = {"PutObject", "DeleteObject", "CopyObject"}
"""What changes an object's content with the least that it takes."""


def test_every_operation_on_what_is_not_there_is_answered_in_s3s_words_and_changes_no_other_object(cloud, s3):
    """moto fails for some of them with a Python error, and takes what it does not know for a put or a delete."""
    s3.put_object(Bucket=BUCKET, Key="there", Body=b"as it was")
    s3.put_object(Bucket=BUCKET, Key="deleted", Body=b"")
    marker = s3.delete_object(Bucket=BUCKET, Key="deleted")["VersionId"]
    tried, crashed = 0, []
    for name, shape in operations_on_an_object(s3):
        for key, version in (("gone", ""), ("deleted", ""), ("deleted", marker), ("there", ""), ("there", "none")):
            if version and "VersionId" not in shape.members:
                continue
            if key != "there" and name in MAY_CHANGE:
                continue
            given = {**minimal(shape), "Bucket": BUCKET, "Key": key, **({"VersionId": version} if version else {})}
            try:
                getattr(s3, xform_name(name))(**given)
            except ParamValidationError:
                continue
            except ClientError as refused:
                crashed += [str(refused)] if refused.response["ResponseMetadata"]["HTTPStatusCode"] == 500 else []
            tried += 1
            if name not in MAY_CHANGE:
                assert s3.get_object(Bucket=BUCKET, Key="there")["Body"].read() == b"as it was", name
            s3.put_object(Bucket=BUCKET, Key="there", Body=b"as it was")
    assert crashed == []
    assert tried > 80
    assert set(s3_answers.REFUSED) <= set(s3.meta.service_model.operation_names)


def test_parts_of_an_upload_that_is_gone_are_refused(s3):
    for call in (
        lambda: s3.upload_part(Bucket=BUCKET, Key="k", UploadId="gone", PartNumber=1, Body=b"x"),
        lambda: s3.complete_multipart_upload(
            Bucket=BUCKET, Key="k", UploadId="gone", MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": "x"}]}
        ),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "NoSuchUpload"


def test_a_retention_is_read_back(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(
        Bucket="locked-bucket",
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    until = datetime(2030, 1, 1, tzinfo=UTC)
    s3.put_object(
        Bucket="locked-bucket", Key="k", Body=b"", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )
    found = s3.get_object_retention(Bucket="locked-bucket", Key="k")["Retention"]
    assert found == {"Mode": "GOVERNANCE", "RetainUntilDate": until}
