"""Objects come in as any client sends them, are held against their checksums, and pass through in pieces."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import tracemalloc
import zlib

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.uploads import Refused, receive

BUCKET = "uploads-bucket"
SCOPE = "20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=x"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def s3(cloud):
    client = cloud.clients()("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def crc32(content):
    return base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()


def chunked(content, size=65536, *, signed=False, trailer=b""):
    """The aws-chunked form of some content."""
    signature = b";chunk-signature=" + b"0" * 64 if signed else b""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), signature, piece) for piece in pieces)
    return body + b"0" + signature + b"\r\n" + trailer + b"\r\n"


def put(cloud, key, body, **headers):
    """One raw request, as a stranger's client sends it."""
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"), timeout=20)
    authorization = f"AWS4-HMAC-SHA256 Credential={cloud.gateway.token.owner.access_key}/{SCOPE}"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("PUT", f"/{BUCKET}/{key}", body, {"Authorization": authorization, **names})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.request("GET", "/_mlops-iac/health")  # the connection is in order
    assert connection.getresponse().status == 200
    return answer.status, text


FORMS = {
    "plain": (CONTENT, {}),
    "http chunks": (iter([CONTENT[:1000], CONTENT[1000:]]), {}),
    "unsigned chunks with a trailer": (
        chunked(CONTENT, trailer=b"x-amz-checksum-crc32:" + crc32(CONTENT).encode() + b"\r\n"),
        {
            "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x_amz_decoded_content_length": str(len(CONTENT)),
            "x_amz_trailer": "x-amz-checksum-crc32",
            "Content_Encoding": "aws-chunked",
        },
    ),
    "signed chunks": (
        chunked(CONTENT, signed=True),
        {
            "x_amz_content_sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "x_amz_decoded_content_length": str(len(CONTENT)),
        },
    ),
    "signed chunks with a signed trailer": (
        chunked(
            CONTENT,
            signed=True,
            trailer=b"x-amz-checksum-sha256:"
            + base64.b64encode(hashlib.sha256(CONTENT).digest())
            + b"\r\nx-amz-trailer-signature:0\r\n",
        ),
        {
            "x_amz_content_sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "x_amz_decoded_content_length": str(len(CONTENT)),
            "x_amz_trailer": "x-amz-checksum-sha256",
        },
    ),
    "aws-chunked in http chunks": (
        iter([chunked(CONTENT)]),
        {"x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content_Encoding": "aws-chunked,gzip"},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_upload_arrives_whole(cloud, s3, form):
    body, headers = FORMS[form]
    assert put(cloud, "any-form", body, **headers) == (200, "")
    found = s3.get_object(Bucket=BUCKET, Key="any-form")
    assert found["Body"].read() == CONTENT
    assert found["ETag"].strip('"') == hashlib.md5(CONTENT).hexdigest()
    assert found.get("ContentEncoding", "") == ("gzip" if "gzip" in headers.get("Content_Encoding", "") else "")


WRONG = {
    "md5": ({"Content_MD5": base64.b64encode(bytes(16)).decode()}, "BadDigest"),
    "md5 that is none": ({"Content_MD5": "x"}, "InvalidDigest"),
    "crc32": ({"x_amz_checksum_crc32": crc32(b"other")}, "BadDigest"),
    "sha256": ({"x_amz_checksum_sha256": base64.b64encode(bytes(32)).decode()}, "BadDigest"),
    "signed payload": ({"x_amz_content_sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
    "decoded length": (
        {"x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x_amz_decoded_content_length": "7"},
        "IncompleteBody",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_upload_that_is_not_what_it_says_is_refused_and_leaves_nothing(cloud, s3, what):
    headers, code = WRONG[what]
    body = chunked(CONTENT) if "STREAMING" in str(headers) else CONTENT
    files = set(cloud.gateway.blobs.folder.glob("*"))
    status, text = put(cloud, "wrong", body, **headers)
    assert (status, f"<Code>{code}</Code>" in text) == (400, True), text
    with pytest.raises(ClientError):
        s3.head_object(Bucket=BUCKET, Key="wrong")
    assert set(cloud.gateway.blobs.folder.glob("*")) <= files


def environ_of(body, **more):
    return {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **more}


@pytest.mark.parametrize("cut", [0, 1, 5, 700, -3, -2, -1])
def test_a_chunked_body_that_ends_early_is_refused(tmp_path, cut):
    body = chunked(CONTENT[:1000], 500)[:cut]
    environ = environ_of(body, HTTP_X_AMZ_CONTENT_SHA256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    environ["HTTP_X_AMZ_DECODED_CONTENT_LENGTH"] = "1000"
    blobs = Blobs(tmp_path)
    if cut in (-2, -1):  # only the last line's end is missing: nothing of the content is
        assert receive(environ, blobs).read() == CONTENT[:1000]
    else:
        with pytest.raises(Refused):
            receive(environ, blobs)
    assert environ["wsgi.input"].read() == b""


def test_a_large_object_is_never_whole_in_memory(tmp_path):
    size = 96 * 1024 * 1024

    class Endless:
        def read(self, most):
            return bytes(most)

    blobs = Blobs(tmp_path)
    tracemalloc.start()
    body = receive({"wsgi.input": Endless(), "CONTENT_LENGTH": str(size)}, blobs)
    half = body.cut(10, size // 2)
    assert sum(map(len, half.chunks())) == size // 2 - 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(body) == size
    assert peak < 32 * 1024 * 1024  # the services that another thread imports meanwhile are counted too


def test_ranges_and_parts_are_cut_from_the_file(cloud, s3):
    part = bytes(range(256)) * 4 * 1024 * 6  # 6 MiB
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts", ChecksumAlgorithm="CRC32")["UploadId"]
    parts = []
    for number, content in ((1, part), (2, b"the end")):
        sent = s3.upload_part(
            Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=number, Body=content, ChecksumAlgorithm="CRC32"
        )
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]})
    files = len(list(cloud.gateway.blobs.folder.iterdir()))
    s3.complete_multipart_upload(Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    assert len(list(cloud.gateway.blobs.folder.iterdir())) == files, "an object of parts needs no copy of them"
    whole = part + b"the end"
    assert s3.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == whole
    for asked, start, end in (
        ("bytes=0-9", 0, 10),
        (f"bytes={len(part) - 3}-{len(part) + 2}", len(part) - 3, len(part) + 3),
        ("bytes=-4", len(whole) - 4, len(whole)),
        (f"bytes={len(part)}-", len(part), len(whole)),
    ):
        found = s3.get_object(Bucket=BUCKET, Key="parts", Range=asked)
        assert found["Body"].read() == whole[start:end]
        assert found["ContentLength"] == end - start
        assert found["ContentRange"] == f"bytes {start}-{end - 1}/{len(whole)}"
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=f"{BUCKET}/parts", ChecksumAlgorithm="SHA256")
    copied = s3.get_object(Bucket=BUCKET, Key="copy", ChecksumMode="ENABLED")
    assert copied["Body"].read() == whole
    assert copied["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(whole).digest()).decode()


def test_a_part_may_be_a_piece_of_an_object(s3):
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"0123456789")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="pieces")["UploadId"]
    sent = s3.upload_part_copy(
        Bucket=BUCKET, Key="pieces", UploadId=upload, PartNumber=1, CopySource=f"{BUCKET}/source",
        CopySourceRange="bytes=2-5",
    )["CopyPartResult"]  # fmt: skip
    s3.complete_multipart_upload(
        Bucket=BUCKET, Key="pieces", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": sent["ETag"]}]},
    )  # fmt: skip
    assert s3.get_object(Bucket=BUCKET, Key="pieces")["Body"].read() == b"2345"


def test_deleting_an_object_does_not_disturb_who_reads_it(cloud, s3):
    s3.put_object(Bucket=BUCKET, Key="read", Body=bytes(3_000_000))
    reading = s3.get_object(Bucket=BUCKET, Key="read")["Body"]
    reading.read(10)
    s3.delete_object(Bucket=BUCKET, Key="read")
    for number in range(3):
        s3.put_object(Bucket=BUCKET, Key="other", Body=str(number).encode())
        cloud.server.save()
    assert len(reading.read()) == 3_000_000 - 10
