"""S3 Vectors on the embedded cloud: nearest vectors are computed, filters are AWS's, and wrong requests are refused."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import vectors
from mlops_iac.cloud.server import Install, Server

BUCKET = "library-dev-vectors"


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (vectors.install,)


@pytest.fixture(scope="module")
def client(cloud: Any) -> Any:
    found = cloud.clients()("s3vectors")
    found.create_vector_bucket(vectorBucketName=BUCKET)
    return found


@pytest.fixture(scope="module")
def index(client: Any) -> str:
    """Four points, of which the third has two tags and no year."""
    arn = make_index(client, "main", 2, "cosine", hidden=["text"])
    put(client, arn, "east", [1, 0], year=2020, kind="guide", good=True, text="a")
    put(client, arn, "north", [0, 2], year=2022, kind="note", good=False, text="b")
    put(client, arn, "far east", [9, 1], kind=["guide", "old"], text="c")
    put(client, arn, "west", [-1, 0], year=2024, kind="note", text="d")
    return arn


def make_index(client: Any, name: str, dimension: int, metric: str, hidden: list[str] | None = None) -> str:
    more = {"metadataConfiguration": {"nonFilterableMetadataKeys": hidden}} if hidden else {}
    arn: str = client.create_index(
        vectorBucketName=BUCKET, indexName=name, dataType="float32", dimension=dimension, distanceMetric=metric, **more
    )["indexArn"]
    return arn


def put(client: Any, arn: str, key: str, values: list[float], **metadata: Any) -> None:
    client.put_vectors(indexArn=arn, vectors=[{"key": key, "data": {"float32": values}, "metadata": metadata}])


def ask(client: Any, arn: str, values: list[float], top: int = 10, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.query_vectors(
        indexArn=arn, topK=top, queryVector={"float32": values}, returnDistance=True, **more
    )["vectors"]
    return found


def refused(call: Any, *says: str, code: str = "ValidationException") -> None:
    with pytest.raises(ClientError) as error:
        call()
    told = error.value.response["Error"]
    assert told["Code"] == code
    for words in says:
        assert words in told["Message"]


# What is near --------------------------------------------------------------------------------------------------------


def test_cosine_distance_is_one_minus_the_cosine_and_knows_no_length(client: Any, index: str) -> None:
    found = {one["key"]: one["distance"] for one in ask(client, index, [2, 0])}
    assert list(found) == ["east", "far east", "north", "west"]
    assert found == pytest.approx({"east": 0, "far east": 1 - 9 / math.sqrt(82), "north": 1, "west": 2}, abs=1e-6)


def test_euclidean_distance_is_the_length_of_the_difference(client: Any) -> None:
    arn = make_index(client, "plain", 2, "euclidean")
    put(client, arn, "a", [3, 4])
    put(client, arn, "b", [1, 1])
    found = ask(client, arn, [0, 0])
    assert [(one["key"], pytest.approx(one["distance"])) for one in found] == [("b", math.sqrt(2)), ("a", 5)]


def test_the_nearest_of_many_are_those_of_plain_arithmetic(client: Any) -> None:
    draw = random.Random(3)
    arn = make_index(client, "many", 8, "cosine")
    points = {f"p{n}": [draw.gauss(0, 1) for _ in range(8)] for n in range(1200)}
    names = list(points)
    for first in range(0, 1200, 400):
        some = [{"key": name, "data": {"float32": points[name]}} for name in names[first : first + 400]]
        client.put_vectors(indexArn=arn, vectors=some)
    query = [draw.gauss(0, 1) for _ in range(8)]

    def cosine(values: list[float]) -> float:
        return sum(a * b for a, b in zip(values, query, strict=True)) / math.hypot(*values) / math.hypot(*query)

    expected = sorted(points, key=lambda name: -cosine(points[name]))[:20]
    found = ask(client, arn, query, top=20)
    assert [one["key"] for one in found] == expected
    assert found[0]["distance"] == pytest.approx(1 - cosine(points[expected[0]]), abs=1e-6)


def test_a_vector_that_is_put_again_takes_the_other_ones_place(client: Any) -> None:
    arn = make_index(client, "again", 2, "cosine")
    put(client, arn, "a", [1, 0], n=1)
    put(client, arn, "a", [0, 1], n=2)
    assert [one["key"] for one in ask(client, arn, [1, 0])] == ["a"]
    (found,) = client.get_vectors(indexArn=arn, keys=["a", "z"], returnData=True, returnMetadata=True)["vectors"]
    assert found == {"key": "a", "data": {"float32": [0.0, 1.0]}, "metadata": {"n": 2}}


def test_a_deleted_vector_is_found_no_more_and_deleting_it_again_is_no_mistake(client: Any) -> None:
    arn = make_index(client, "gone", 2, "cosine")
    put(client, arn, "a", [1, 0])
    put(client, arn, "b", [0, 1])
    for _ in range(2):
        client.delete_vectors(indexArn=arn, keys=["a", "nobody"])
    assert [one["key"] for one in ask(client, arn, [1, 0])] == ["b"]


def test_an_index_without_vectors_answers_nothing(client: Any) -> None:
    assert ask(client, make_index(client, "empty", 2, "cosine"), [1, 0]) == []


def test_metadata_and_distance_come_only_when_they_are_asked_for(client: Any, index: str) -> None:
    (bare,) = client.query_vectors(indexArn=index, topK=1, queryVector={"float32": [1, 0]})["vectors"]
    assert bare == {"key": "east"}
    (whole,) = ask(client, index, [1, 0], top=1, returnMetadata=True)
    assert whole["metadata"] == {"year": 2020, "kind": "guide", "good": True, "text": "a"}


# Filters -------------------------------------------------------------------------------------------------------------

FILTERS: list[tuple[Any, list[str]]] = [
    ({"kind": "guide"}, ["east", "far east"]),
    ({"kind": {"$eq": "old"}}, ["far east"]),
    ({"kind": {"$ne": "note"}}, ["east", "far east"]),
    ({"year": {"$gt": 2020, "$lt": 2024}}, ["north"]),
    ({"year": {"$gte": 2022}}, ["north", "west"]),
    ({"year": {"$lte": 2020}}, ["east"]),
    ({"kind": {"$in": ["old", "note"]}}, ["far east", "north", "west"]),
    ({"kind": {"$nin": ["old", "note"]}}, ["east"]),
    ({"year": {"$exists": False}}, ["far east"]),
    ({"good": True}, ["east"]),
    ({"year": 1}, []),
    ({"kind": "note", "year": 2024}, ["west"]),
    ({"$and": [{"kind": "note"}, {"year": {"$lt": 2024}}]}, ["north"]),
    ({"$or": [{"year": 2020}, {"year": 2024}]}, ["east", "west"]),
    ({"$or": [{"year": 2020}, {"$and": [{"kind": "note"}, {"good": False}]}]}, ["east", "north"]),
]


@pytest.mark.parametrize(("wanted", "keys"), FILTERS, ids=str)
def test_a_filter_lets_through_what_aws_lets_through(client: Any, index: str, wanted: Any, keys: list[str]) -> None:
    assert sorted(one["key"] for one in ask(client, index, [1, 0], filter=wanted)) == keys


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({}, "not empty"),
        ({"text": "a"}, "'text' is a non-filterable metadata key"),
        ({"year": {"$near": 1}}, "$near is no operator"),
        ({"year": {"$gt": "2020"}}, "$gt takes a number"),
        ({"year": {"$in": []}}, "$in takes a list"),
        ({"year": {"$exists": 1}}, "$exists takes a boolean"),
        ({"$not": {"year": 1}}, "$not"),
        ({"$or": []}, "$or takes a list of filters"),
        ({"kind": {"$eq": ["guide"]}}, "$eq takes"),
    ],
    ids=str,
)
def test_a_filter_that_is_none_is_refused(client: Any, index: str, wanted: Any, says: str) -> None:
    refused(lambda: ask(client, index, [1, 0], filter=wanted), "Invalid filter", says)


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([1.0], "vector must have length 2, but has length 1"),
        ([1.0, math.nan], "NaN and Infinity"),
        ([0.0, 0.0], "cosine distance does not support vectors with zero norm"),
    ],
    ids=str,
)
def test_a_wrong_vector_is_refused_with_its_key_or_as_a_query(
    client: Any, index: str, values: list[float], says: str
) -> None:
    refused(lambda: put(client, index, "k", values), "Invalid record for key 'k'", says)
    refused(lambda: ask(client, index, values), "Invalid query vector", says)


def test_of_a_request_with_one_wrong_vector_nothing_is_put(client: Any) -> None:
    arn = make_index(client, "whole", 2, "cosine")
    some = [{"key": "a", "data": {"float32": [1, 0]}}, {"key": "b", "data": {"float32": [1]}}]
    refused(lambda: client.put_vectors(indexArn=arn, vectors=some), "'b'")
    assert client.list_vectors(indexArn=arn)["vectors"] == []


def test_metadata_has_limits(client: Any, index: str) -> None:
    refused(lambda: put(client, index, "k", [1, 0], note="x" * 2100), "Filterable metadata", "2048 bytes")
    put(client, index, "large", [0, -1], text="x" * 30_000)
    refused(lambda: put(client, index, "k", [1, 0], text="x" * 41_000), "Total metadata", "40960 bytes")
    refused(lambda: put(client, index, "k", [1, 0], nested={"a": 1}), "'nested'")
    refused(lambda: put(client, index, "k", [1, 0], **{f"k{n}": n for n in range(51)}), "at most 50 keys")
    client.delete_vectors(indexArn=index, keys=["large"])


def test_numbers_of_requests_have_limits(client: Any, index: str) -> None:
    refused(lambda: ask(client, index, [1, 0], top=101), "/topK", "between 1 and 100")
    refused(lambda: client.get_vectors(indexArn=index, keys=["k"] * 101), "/keys", "between 1 and 100")
    many = [{"key": str(n), "data": {"float32": [1, 0]}} for n in range(501)]
    refused(lambda: client.put_vectors(indexArn=index, vectors=many), "/vectors", "between 1 and 500")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"dimension": 4097}, "between 1 and 4096"),
        ({"distanceMetric": "dot"}, "[cosine, euclidean]"),
        ({"indexName": "Main"}, "Invalid index name"),
        ({"indexName": "a" * 64}, "between 3 and 63"),
        ({"metadataConfiguration": {"nonFilterableMetadataKeys": [f"k{n}" for n in range(11)]}}, "at most 10"),
    ],
    ids=str,
)
def test_an_index_that_aws_would_not_make_is_refused(client: Any, wrong: dict[str, Any], says: str) -> None:
    asked = {"indexName": "fine", "dimension": 2, "distanceMetric": "cosine", **wrong}
    refused(lambda: client.create_index(vectorBucketName=BUCKET, dataType="float32", **asked), says)


def test_what_is_not_there_is_told_by_aws_words(client: Any, index: str) -> None:
    refused(
        lambda: ask(client, f"{index}x", [1, 0]), "The specified index could not be found", code="NotFoundException"
    )
    refused(lambda: client.get_vector_bucket(vectorBucketName="nobody"), "bucket", code="NotFoundException")
    refused(lambda: client.create_vector_bucket(vectorBucketName=BUCKET), "already exists", code="ConflictException")
    refused(lambda: client.delete_vector_bucket(vectorBucketName=BUCKET), "not empty", code="ConflictException")
    refused(lambda: client.query_vectors(topK=1, queryVector={"float32": [1, 0]}), "Must specify either indexArn")


def test_text_search_is_refused_as_not_offered(client: Any, index: str) -> None:
    asked = {"indexArn": index, "topK": 1, "queryTexts": [{"text": "a", "metadataKey": "text"}]}
    refused(lambda: client.query_vectors(**asked), "searches vectors, and no text", code="NotImplemented")


# Lists ---------------------------------------------------------------------------------------------------------------


def test_listing_goes_page_by_page_and_segments_share_the_vectors(client: Any) -> None:
    arn = make_index(client, "listed", 1, "euclidean")
    some = [{"key": f"k{n:02d}", "data": {"float32": [n]}} for n in range(50)]
    client.put_vectors(indexArn=arn, vectors=some)
    pages = client.get_paginator("list_vectors").paginate(indexArn=arn, PaginationConfig={"PageSize": 20})
    keys = [[one["key"] for one in page["vectors"]] for page in pages]
    assert [len(page) for page in keys] == [20, 20, 10]
    assert [key for page in keys for key in page] == [f"k{n:02d}" for n in range(50)]
    shares = [client.list_vectors(indexArn=arn, segmentCount=4, segmentIndex=n)["vectors"] for n in range(4)]
    assert sorted(one["key"] for share in shares for one in share) == [f"k{n:02d}" for n in range(50)]
    assert all(shares)


def test_indexes_and_buckets_are_listed_by_prefix(client: Any, index: str) -> None:
    named = client.list_indexes(vectorBucketName=BUCKET, prefix="mai")["indexes"]
    assert [one["indexArn"] for one in named] == [index]
    assert [one["vectorBucketName"] for one in client.list_vector_buckets(prefix="lib")["vectorBuckets"]] == [BUCKET]


# What is kept --------------------------------------------------------------------------------------------------------


def test_vectors_survive_a_restart_deletions_and_a_rewrite(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_iac.cloud.vectors.collection.WASTE", 10)
    home = tmp_path / "cloud"
    server = Server(home, installs=(vectors.install,))
    server.start()
    client = server.gateway.clients("eu-west-1")("s3vectors")
    client.create_vector_bucket(vectorBucketName=BUCKET)
    arn = make_index(client, "main", 2, "cosine")
    for n in range(40):
        put(client, arn, f"k{n % 8}", [n + 1, 1], n=n)
    client.delete_vectors(indexArn=arn, keys=["k0"])
    before = ask(client, arn, [1, 0], returnMetadata=True)
    parts = len(server.gateway.store["s3vectors.indexes"][arn]["parts"])
    server.stop()
    again = Server(home, installs=(vectors.install,))
    again.start()
    found = ask(again.gateway.clients("eu-west-1")("s3vectors"), arn, [1, 0], returnMetadata=True)
    again.stop()
    assert found == before
    assert [one["metadata"]["n"] for one in found] == [39, 38, 37, 36, 35, 34, 33]
    assert parts < 30, "what was overwritten is not kept"
