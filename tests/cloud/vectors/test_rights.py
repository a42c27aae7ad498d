"""IAM on vectors: a role may ask the index that is named to it, and a bucket's own policy decides as well."""

from __future__ import annotations

from mlops_iac.cloud.iam.requirements import Need, Place, requirements
from mlops_iac.cloud.iam.vectors import bucket_policy, key_uses
from mlops_iac.cloud.vectors.buckets import BUCKETS, INDEXES

PLACE = Place(partition="aws", region="eu-west-1", account="123456789012")
BUCKET = "arn:aws:s3vectors:eu-west-1:123456789012:bucket/library-dev-vectors"
INDEX = f"{BUCKET}/index/main"


def needs(operation: str, **parameters: object) -> set[Need]:
    return {*requirements("s3vectors", operation, parameters, PLACE, lambda *_: None)}


def test_a_question_needs_the_index_by_arn_or_by_its_names():
    wanted = {Need("s3vectors:QueryVectors", INDEX)}
    assert needs("QueryVectors", indexArn=INDEX, topK=1) == wanted
    assert needs("QueryVectors", vectorBucketName="library-dev-vectors", indexName="main", topK=1) == wanted


def test_a_question_with_a_filter_or_for_metadata_needs_the_right_to_get_vectors():
    both = {Need("s3vectors:QueryVectors", INDEX), Need("s3vectors:GetVectors", INDEX)}
    assert needs("QueryVectors", indexArn=INDEX, filter={"a": 1}) == both
    assert needs("QueryVectors", indexArn=INDEX, returnMetadata=True) == both
    assert needs("QueryVectors", indexArn=INDEX, returnMetadata=False) == {Need("s3vectors:QueryVectors", INDEX)}


def test_making_an_index_with_tags_needs_the_right_to_tag():
    made = needs("CreateIndex", vectorBucketArn=BUCKET, indexName="main", tags={"a": "b"})
    assert Need("s3vectors:CreateIndex", INDEX) in made
    assert {need.action for need in made} == {"s3vectors:CreateIndex", "s3vectors:TagResource"}
    assert {need.action for need in needs("CreateIndex", vectorBucketArn=BUCKET, indexName="main")} == {
        "s3vectors:CreateIndex"
    }


def test_a_buckets_policy_counts_for_its_indexes():
    text = '{"Version": "2012-10-17", "Statement": []}'
    store = {BUCKETS: {BUCKET: {"vectorBucketName": "library-dev-vectors", "policy": text}}, INDEXES: {}}
    found = bucket_policy(INDEX, store)
    assert found is not None
    assert found.name == "vector bucket library-dev-vectors"
    assert bucket_policy("arn:aws:s3vectors:eu-west-1:123456789012:bucket/other/index/main", store) is None


def test_the_key_of_an_index_is_used_in_the_callers_name():
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    store = {BUCKETS: {}, INDEXES: {INDEX: {"encryptionConfiguration": {"sseType": "aws:kms", "kmsKeyArn": key}}}}
    uses = [*key_uses("PutVectors", {"indexArn": INDEX}, PLACE, store)]
    assert {use.action for use in uses} == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert {use.via for use in uses} == {"s3vectors"}
    named = {"vectorBucketName": "library-dev-vectors", "indexName": "main"}
    assert [use.action for use in key_uses("QueryVectors", named, PLACE, store)] == ["kms:Decrypt"]
