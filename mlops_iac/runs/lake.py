"""Objects in an environment's lake. Whatever is written is encrypted with its key and tagged with its stack."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlencode

from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG, Environment, Store
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling, found_or_missing, is_missing
from mlops_iac.runs.clock import read_time


def write_arguments(environment: Environment) -> dict[str, str]:
    """What the lake's bucket policy demands of every object. A sandbox has no key of its own."""
    key = environment.lake.key_arn
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {"ServerSideEncryption": "AES256"}
    return {**encryption, "Tagging": urlencode({STACK_TAG: environment.stack})}


def lock_of(environment: Environment, clients: Clients) -> dict[str, Any]:
    """Arguments of an upload that is to be locked; none where nothing is."""
    kept = environment.lake.retention
    if kept is None:
        return {}
    return {**kept.arguments(read_time(environment, clients)), "ChecksumAlgorithm": "SHA256"}


def upload(environment: Environment, clients: Clients, key: str, content: bytes | BinaryIO, **extra: Any) -> str:
    """Write one object. Files are streamed, in parts where they are large.

    Answers the entity tag where one request sent it all, else nothing.
    """
    arguments = {**write_arguments(environment), **extra}
    with calling("s3:PutObject", key):
        if isinstance(content, bytes):
            answer = clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=content, **arguments)
            return str(answer["ETag"])
        transfer(clients, content, environment.lake.bucket, key, arguments)
    return ""


def transfer(clients: Clients, content: BinaryIO, bucket: str, key: str, arguments: dict[str, Any]) -> None:
    """A file, in parts of 8 MiB where it is larger than that."""
    from s3transfer.manager import TransferManager  # type: ignore[import-untyped,unused-ignore]

    with TransferManager(clients("s3")) as manager:
        manager.upload(content, bucket, key, extra_args=arguments).result()


def find_object(environment: Environment, clients: Clients, key: str) -> dict[str, Any] | None:
    """HeadObject, or None when there is none."""
    try:
        with calling("s3:HeadObject", key):
            head: dict[str, Any] = clients("s3").head_object(Bucket=environment.lake.bucket, Key=key)
            return head
    except CloudError as error:
        if is_missing(error):
            return None
        raise


class Beginning(NamedTuple):
    """Of an object: what was asked for, and how many bytes there are."""

    body: bytes
    size: int


def find_beginnings(store: Store, clients: Clients, keys: Iterable[str], most: int) -> dict[str, Beginning | None]:
    """GetObject of each, or None when there is none. Of an object with more than ``most`` bytes, one byte more."""
    asked = [*dict.fromkeys(keys)]
    answers = clients.many(
        "s3",
        "get_object",
        [{"Bucket": store.bucket, "Key": key} for key in asked],
        lambda answer: Beginning(answer["Body"].read(most + 1), answer["ContentLength"]),
    )
    return {key: found_or_missing(answer, "s3:GetObject", key) for key, answer in zip(asked, answers, strict=True)}


def find_content(store: Store, clients: Clients, key: str, most: int) -> bytes | None:
    """One object; None when there is none."""
    found = find_beginnings(store, clients, [key], most)[key]
    return None if found is None else found.body
