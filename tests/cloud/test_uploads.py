"""Objects come in as any client sends them, are held against their checksums, and pass through in pieces."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import socket
import tracemalloc
import zlib

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.blobs import Blobs, Body
from mlops_iac.cloud.checksums import KNOWN, UNKNOWN, Digest
from mlops_iac.cloud.uploads import Refused, receive
from tests.support.roles import allow, make_role

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
    **{
        f"{name} in its head": ({f"x_amz_checksum_{name}": Digest(name).of(Body()).base64()}, "BadDigest")
        for name in map(str.lower, KNOWN)
    },
    **{
        f"{name} after it": (
            {
                "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                "x_amz_trailer": f"x-amz-checksum-{name}",
                "trailer": f"x-amz-checksum-{name}:{Digest(name).of(Body()).base64()}\r\n",
            },
            "BadDigest",
        )
        for name in map(str.lower, KNOWN)
    },
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
    headers = dict(headers)
    trailer = headers.pop("trailer", "").encode()
    body = chunked(CONTENT, trailer=trailer) if "STREAMING" in str(headers) else CONTENT
    files = set(cloud.gateway.blobs.folder.glob("*"))
    status, text = put(cloud, "wrong", body, **headers)
    assert (status, f"<Code>{code}</Code>" in text) == (400, True), text
    with pytest.raises(ClientError):
        s3.head_object(Bucket=BUCKET, Key="wrong")
    assert set(cloud.gateway.blobs.folder.glob("*")) <= files


def test_every_checksum_that_s3_knows_is_computed_or_refused(cloud, s3):
    asked = s3.meta.service_model.shape_for("ChecksumAlgorithm").enum
    assert sorted(asked) == sorted((*KNOWN, *UNKNOWN))
    for name in UNKNOWN:
        status, text = put(cloud, "wrong", CONTENT, **{f"x_amz_checksum_{name.lower()}": "AAAA"})
        assert (status, f"checksums by {name}" in text) == (501, True)
        with pytest.raises(ClientError, match="NotImplemented"):
            s3.create_multipart_upload(Bucket=BUCKET, Key="wrong", ChecksumAlgorithm=name)


@pytest.mark.parametrize(
    ("name", "value"),
    [  # "check" in the catalogue of parametrised CRC algorithms: the value of these nine digits
        ("CRC32", "cbf43926"),
        ("CRC32C", "e3069283"),
        ("CRC64NVME", "ae8b14860a799888"),
    ],
)
def test_a_checksum_is_the_published_one_however_the_bytes_come(name, value):
    whole, pieces = Digest(name), Digest(name)
    whole.update(b"123456789")
    pieces.update(b"1234")
    pieces.update(b"56789")
    assert whole.hexdigest() == pieces.hexdigest() == value


@pytest.mark.parametrize("name", KNOWN)
def test_a_checksum_comes_back_as_it_was_sent(s3, name):
    value = Digest(name).of(blob_of(CONTENT)).base64()
    answer = s3.put_object(Bucket=BUCKET, Key="checked", Body=CONTENT, **{f"Checksum{name}": value})
    assert answer[f"Checksum{name}"] == value
    assert s3.head_object(Bucket=BUCKET, Key="checked", ChecksumMode="ENABLED")[f"Checksum{name}"] == value


@pytest.mark.parametrize("name", ["CRC32", "CRC32C", "CRC64NVME"])
def test_a_multipart_upload_is_held_against_the_checksum_of_the_whole(s3, name):
    parts = [bytes(5 << 20), b"the last"]
    right = Digest(name).of(blob_of(b"".join(parts))).base64()
    where = {"Bucket": BUCKET, "Key": f"whole-{name}"}
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm=name, ChecksumType="FULL_OBJECT")["UploadId"]
    sent = [
        {"PartNumber": number, "ETag": s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, start=1)
    ]
    complete = {**where, "UploadId": upload, "MultipartUpload": {"Parts": sent}, "ChecksumType": "FULL_OBJECT"}
    with pytest.raises(ClientError, match="BadDigest"):
        s3.complete_multipart_upload(**complete, **{f"Checksum{name}": Digest(name).base64()})
    s3.complete_multipart_upload(**complete, **{f"Checksum{name}": right})
    assert s3.head_object(**where, ChecksumMode="ENABLED")[f"Checksum{name}"] == right


def blob_of(content):
    class Plain(Body):
        def chunks(self, start=0, end=None):
            yield content

    return Plain()


# Refused by the head -------------------------------------------------------------------------------------------------


HEADS = {
    "unsigned": ({}, 403, "AccessDenied"),
    "a strangers key": (
        {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKIASTRANGER/{SCOPE}"},
        403,
        "InvalidAccessKeyId",
    ),
    "an unsigned form that is none": ({"Content-Type": "multipart/form-data; boundary=x"}, 403, "AccessDenied"),
}


@pytest.mark.parametrize("what", HEADS)
@pytest.mark.parametrize("waits", [True, False])
def test_a_strangers_upload_is_refused_before_it_is_taken(cloud, what, waits, monkeypatch):
    headers, status, code = HEADS[what]
    monkeypatch.setattr(cloud.gateway.blobs, "writer", lambda: pytest.fail("a file was begun"))
    monkeypatch.setattr("mlops_iac.cloud.wire.read_body", lambda environ: pytest.fail("the body was read"))
    found, text, asked = say(cloud, f"/{BUCKET}/never", {**headers, "Content-Length": "1000000"}, waits=waits)
    assert (found, f"<Code>{code}</Code>" in text, asked) == (status, True, False), text


def test_what_a_role_may_not_write_is_refused_before_it_is_taken(cloud, s3, monkeypatch):
    role = make_role(cloud.clients(), "writes-elsewhere", allow("s3:PutObject", on=f"arn:aws:s3:::{BUCKET}/own/*"))
    given, _ = cloud.gateway.iam.sessions.issue(role, "s", 60)
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={given.access_key}/{SCOPE}",
        "X-Amz-Security-Token": given.token,
        "Content-Length": "1000000",
    }
    status, text, asked = say(cloud, f"/{BUCKET}/own/x", headers, waits=True)
    assert (status, asked) == (200, True), text
    monkeypatch.setattr(cloud.gateway.blobs, "writer", lambda: pytest.fail("a file was begun"))
    status, text, asked = say(cloud, f"/{BUCKET}/other/x", headers, waits=True)
    assert (status, asked, "s3:PutObject" in text) == (403, False, True), text


def test_an_upload_that_finds_no_bucket_leaves_no_file(cloud, s3):
    files = set(cloud.gateway.blobs.folder.glob("*"))
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.put_object(Bucket="no-such-bucket", Key="x", Body=CONTENT)
    assert set(cloud.gateway.blobs.folder.glob("*")) <= files


def say(cloud, path, headers, *, waits):
    """A PUT of a million bytes by hand: status, text, and whether the server asked for the body."""
    host = cloud.endpoint.removeprefix("http://")
    head = {"Host": host, **headers, **({"Expect": "100-continue"} if waits else {})}
    with socket.create_connection(host.split(":"), timeout=10) as connection:
        lines = [f"PUT {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answers = connection.makefile("rb")
        asked = False
        if not waits:
            connection.sendall(bytes(1_000_000))
        status = int(answers.readline().split()[1])
        if status == 100:
            asked, _ = True, answers.readline()
            connection.sendall(bytes(1_000_000))
            status = int(answers.readline().split()[1])
        answered = http.client.parse_headers(answers)
        text = answers.read(int(answered["Content-Length"])).decode()
        if waits and not asked:
            assert answered["Connection"] == "close"
            assert answers.read() == b""
        return status, text, asked


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
