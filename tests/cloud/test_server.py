from __future__ import annotations


def test_a_bucket_can_be_made_and_listed(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["lake"]
