"""Whether what steps read of other buckets is there: in this region, of the account that the stack file names, not
empty, and encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mlops_iac.doctor.finding import Finding, failed, passed
from mlops_iac.doctor.subject import Subject
from mlops_iac.pipelines.references import FromBucket

KMS: Final = "aws:kms"
NO_RULE: Final = "ServerSideEncryptionConfigurationNotFoundError"


def check(subject: Subject) -> Iterator[Finding]:
    sources = {
        read.source for pipeline in subject.pipelines for step in pipeline.steps for read in step.reads()
        if isinstance(read.source, FromBucket)
    }  # fmt: skip
    if not sources:
        yield passed("no step reads another bucket")
    for source in sorted(sources, key=str):
        yield _look(subject, source)


def _look(subject: Subject, source: FromBucket) -> Finding:
    """The first thing that is wrong."""
    s3, account = subject.clients("s3"), _owner(subject)
    try:
        region = s3.head_bucket(Bucket=source.bucket, ExpectedBucketOwner=account).get("BucketRegion", subject.region)
    except s3.exceptions.ClientError as error:
        says = f"{source}: there is no such bucket of account {account} that you may read ({_code(error)})"
        return failed(says, "name another one, or say whose it is: `base_model_account`.")
    if region != subject.region:
        return failed(f"{source} is in {region}; a training reads what is in its own region", "copy it to one there.")
    listed = s3.list_objects_v2(Bucket=source.bucket, Prefix=source.prefix, MaxKeys=1, ExpectedBucketOwner=account)
    if not listed.get("KeyCount"):
        return failed(f"{source} is empty", "put the weights there, or name another folder.")
    algorithm = _encryption(s3, source.bucket, account)
    if not algorithm or (algorithm != KMS and _is_regulated(subject)):
        says = f"{source} is {f'encrypted by S3 alone ({algorithm})' if algorithm else 'not encrypted'}"
        return failed(says, f"encrypt the bucket with a KMS key: `SSEAlgorithm: {KMS}`.")
    return passed(f"{source} is there, encrypted by {algorithm}")


def _encryption(s3: Any, bucket: str, account: str) -> str:
    """What encrypts new objects; empty: nothing."""
    try:
        found = s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=account)
    except s3.exceptions.ClientError as error:
        if _code(error) == NO_RULE:
            return ""
        raise
    rules = found["ServerSideEncryptionConfiguration"]["Rules"]
    return str(rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]) if rules else ""


def _owner(subject: Subject) -> str:
    """The account whose bucket it is."""
    said = getattr(subject.opened.options, "base_model_account", None)
    return str(said or subject.caller["Account"])


def _is_regulated(subject: Subject) -> bool:
    config = subject.opened.config
    return config is not None and config.security.value == "regulated"


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])
