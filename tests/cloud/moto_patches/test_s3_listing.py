"""What a listing of objects shows, page by page."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.moto_patches.s3_listing import Page, page

BUCKET = "listing-bucket"
NAMES = ("a/1", "a/2", "b", "c/x/1", "c/y", "d")


def of(*every):
    """A bucket's names, from one on."""
    return lambda start: [name for name in every if name >= start]


names = of(*NAMES)


def test_a_page_holds_keys_and_common_prefixes_in_one_order():
    assert page(names, delimiter="/") == Page(["b", "d"], ["a/", "c/"], "")
    assert page(names, prefix="c/", delimiter="/") == Page(["c/y"], ["c/x/"], "")
    assert page(names, prefix="c") == Page(["c/x/1", "c/y"], [], "")
    assert page(names, delimiter="/", after="a/") == Page(["b", "d"], ["c/"], "")
    assert page(of("ab-cd-e", "ab-f"), prefix="a", delimiter="-") == Page([], ["ab-"], "")


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_of_any_size_show_everything_once(most, delimiter):
    found, after = [], ""
    while True:
        keys, folders, last = page(names, delimiter=delimiter, after=after, most=most)
        assert len(keys) + len(folders) <= most
        found += sorted([*keys, *folders])
        if not last:
            break
        after = last
    whole = page(names, delimiter=delimiter)
    assert found == sorted([*whole.keys, *whole.folders])


def test_no_page_is_larger_than_s3s_and_none_of_size_zero_goes_on():
    assert len(page(of(*sorted(map(str, range(1500))))).keys) == 1000
    assert page(names, most=0) == Page([], [], "")


@pytest.fixture(scope="module")
def s3(cloud):
    client = cloud.clients()("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for name in NAMES:
        client.put_object(Bucket=BUCKET, Key=name, Body=b"1")
    return client


def folders(answer):
    return [each["Prefix"] for each in answer.get("CommonPrefixes", ())]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_a_folder_whose_objects_are_all_deleted_is_gone(s3, operation):
    ask = getattr(s3, operation)
    s3.put_object(Bucket=BUCKET, Key="gone/x", Body=b"1")
    assert folders(ask(Bucket=BUCKET, Delimiter="/")) == ["a/", "c/", "gone/"]
    s3.delete_object(Bucket=BUCKET, Key="gone/x")
    assert folders(ask(Bucket=BUCKET, Delimiter="/")) == ["a/", "c/"]
    assert "Contents" not in ask(Bucket=BUCKET, Prefix="gone/", Delimiter="/", MaxKeys=1)
    versions = s3.list_object_versions(Bucket=BUCKET, Delimiter="/")
    assert "gone/" in folders(versions), "S3 shows versions and delete markers of deleted objects"


def test_both_paginators_walk_through_folders(s3):
    for operation in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(operation).paginate(Bucket=BUCKET, Delimiter="/", PaginationConfig={"PageSize": 1})
        seen = [[*folders(page), *(each["Key"] for each in page.get("Contents", ()))] for page in pages]
        assert seen == [["a/"], ["b"], ["c/"], ["d"]]


def test_a_token_that_is_no_token_is_refused(s3):
    with pytest.raises(ClientError, match=r"continuation token"):
        s3.list_objects_v2(Bucket=BUCKET, ContinuationToken="no token")
