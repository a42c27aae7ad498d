"""What is in an object: by file, by text or by base64, and what a delete takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.values.content import hashed
from mlops_iac.engine.values.value import Archive, Asset
from tests.cloud.handlers.conftest import REGION, SCOPE, Lab

TYPE = "aws:s3/bucketObject:BucketObject"


@pytest.fixture
def bucket(lab: Lab) -> Iterator[str]:
    handler = lab.provider.handler("aws:s3/bucket:Bucket")
    made = handler.create(SCOPE, handler.check(SCOPE, "pages", None, {"forceDestroy": True}))
    yield made.id
    handler.delete(SCOPE, made.id, made.outputs)


def put(lab: Lab, bucket: str, **inputs: Any) -> dict[str, Any]:
    handler = lab.provider.handler(TYPE)
    return handler.create(SCOPE, handler.check(SCOPE, "page", None, {"bucket": bucket, **inputs})).outputs


def test_a_body_comes_from_a_file_a_text_or_base64(lab: Lab, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "page.bin"
    file.write_bytes(b"\x00\xff")
    s3 = lab.clients(REGION)("s3")
    for body, expected in (
        ({"source": hashed(Asset(path=str(file)))}, b"\x00\xff"),
        ({"source": hashed(Asset(text="text"))}, b"text"),
        ({"content": "größer"}, "größer".encode()),
        ({"contentBase64": "AP8="}, b"\x00\xff"),
        ({}, b""),
    ):
        assert put(lab, bucket, **body)["key"] == "page"
        assert s3.get_object(Bucket=bucket, Key="page")["Body"].read() == expected


def test_tags_alone_make_no_new_version(lab: Lab, bucket: str) -> None:
    handler, s3 = lab.provider.handler(TYPE), lab.clients(REGION)("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = put(lab, bucket, content="one", tags={"a": "1"})
    old = {"bucket": bucket, "key": "page", "content": "one", "tags": {"a": "1"}}
    tagged = handler.update(SCOPE, made["id"], old, {**old, "tags": {"a": "2"}}, made)
    assert (tagged["versionId"], tagged["tagsAll"]) == (made["versionId"], {"a": "2"})
    changed = handler.update(SCOPE, made["id"], old, {**old, "content": "two"}, tagged)
    assert (changed["versionId"], changed["etag"]) != (made["versionId"], made["etag"])


def test_a_delete_takes_every_version_of_the_key_and_no_other_key(lab: Lab, bucket: str) -> None:
    s3 = lab.clients(REGION)("s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="page-of-others", Body=b"")
    made = put(lab, bucket, content="one")
    s3.delete_object(Bucket=bucket, Key="page")
    put(lab, bucket, content="two")
    lab.provider.handler(TYPE).delete(SCOPE, made["id"], made)
    found = s3.list_object_versions(Bucket=bucket)
    assert [entry["Key"] for entry in found["Versions"]] == ["page-of-others"]
    assert "DeleteMarkers" not in found


@pytest.mark.parametrize(
    ("inputs", "word"),
    [
        ({"content": "a", "contentBase64": "YQ=="}, "both say what is in it"),
        ({"contentBase64": "not base64"}, "no base64"),
        ({"source": Archive(assets={})}, "a file or a text"),
        ({"source": Asset(uri="https://example.org/page")}, "a file or a text"),
    ],
)
def test_a_body_that_is_none_is_refused_in_a_preview(inputs: dict[str, Any], word: str) -> None:
    with pytest.raises(CloudError, match=r"Value not allowed\.") as refusal:
        EmbeddedProvider(None).handler(TYPE).check(SCOPE, "page", None, {"bucket": "pages", **inputs})
    assert word in refusal.value.detail
