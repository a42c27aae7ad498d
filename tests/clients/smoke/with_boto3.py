"""boto3: an object in parts and back, versions, metadata, a presigned URL, copies, and the sessions that STS gives."""

import hashlib
import os
import urllib.request
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

BUCKET = os.environ["MLOPS_IAC_BUCKET"]
KEY = "raw/clients/boto3/großer Ordner/+big #1?.bin"
PARTS = TransferConfig(multipart_threshold=8 << 20, multipart_chunksize=8 << 20)

s3 = boto3.client("s3")
big = Path("big.bin")
big.write_bytes(os.urandom(20 << 20))
sha = hashlib.sha256(big.read_bytes()).hexdigest()

s3.upload_file(str(big), BUCKET, KEY, Config=PARTS, ExtraArgs={"Metadata": {"made-by": "boto3"}})
s3.download_file(BUCKET, KEY, "back.bin", Config=PARTS)
assert hashlib.sha256(Path("back.bin").read_bytes()).hexdigest() == sha
head = s3.head_object(Bucket=BUCKET, Key=KEY)
assert (head["ContentLength"], head["Metadata"]) == (20 << 20, {"made-by": "boto3"}), head
assert head["ETag"].endswith('-3"'), head["ETag"]

for algorithm in ("CRC32", "SHA1", "SHA256"):
    s3.put_object(Bucket=BUCKET, Key=f"raw/clients/boto3/{algorithm}", Body=b"a,b\n", ChecksumAlgorithm=algorithm)
    told = s3.get_object(Bucket=BUCKET, Key=f"raw/clients/boto3/{algorithm}", ChecksumMode="ENABLED")
    assert told[f"Checksum{algorithm}"], told
    assert told["Body"].read() == b"a,b\n"

page = boto3.client("s3", config=Config(signature_version="s3v4"))
url = page.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": KEY}, ExpiresIn=60)
with urllib.request.urlopen(url) as answer:
    assert hashlib.sha256(answer.read()).hexdigest() == sha
url = page.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "raw/clients/boto3/by-url"})
with urllib.request.urlopen(urllib.request.Request(url, data=b"by url", method="PUT")) as answer:
    assert answer.status == 200
assert s3.get_object(Bucket=BUCKET, Key="raw/clients/boto3/by-url")["Body"].read() == b"by url"

s3.copy({"Bucket": BUCKET, "Key": KEY}, BUCKET, "raw/clients/boto3/copy", Config=PARTS)
assert hashlib.sha256(s3.get_object(Bucket=BUCKET, Key="raw/clients/boto3/copy")["Body"].read()).hexdigest() == sha
part = s3.get_object(Bucket=BUCKET, Key=KEY, Range="bytes=8388600-8388615")["Body"].read()
assert part == big.read_bytes()[8388600:8388616]

session = boto3.client("sts").get_session_token()["Credentials"]
same = boto3.client(
    "sts",
    aws_access_key_id=session["AccessKeyId"],
    aws_secret_access_key=session["SecretAccessKey"],
    aws_session_token=session["SessionToken"],
)
assert same.get_caller_identity()["Arn"] == boto3.client("sts").get_caller_identity()["Arn"]

pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket=BUCKET, Prefix="raw/clients/boto3/", PaginationConfig={"PageSize": 2}
)
keys = [each["Key"] for page in pages for each in page["Contents"]]
assert KEY in keys, keys
gone = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
assert len(gone["Deleted"]) == len(keys) == 6, gone
assert s3.list_objects_v2(Bucket=BUCKET, Prefix="raw/clients/boto3/")["KeyCount"] == 0
versions = s3.list_object_versions(Bucket=BUCKET, Prefix=KEY)
s3.delete_object(Bucket=BUCKET, Key=KEY, VersionId=versions["DeleteMarkers"][0]["VersionId"])
assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == 20 << 20
s3.delete_object(Bucket=BUCKET, Key=KEY)
