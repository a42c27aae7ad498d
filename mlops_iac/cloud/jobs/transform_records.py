"""Records of a batch transform: how a file falls into requests, and how answers are filtered and joined to them.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.core.record_filter import NoSuchPart, RecordFilter, parse_filter
from mlops_iac.core.strict_json import NotStrictJson, read_json

DEFAULT_PAYLOAD = 6
"""MaxPayloadInMB when the job does not say."""

Record = bytes
Ask = Callable[[bytes], bytes]


def batches(file: Path, asked: Mapping[str, Any]) -> Iterator[list[Record]]:
    """The requests for one file: the whole, or its lines, alone or as many as fit into MaxPayloadInMB."""
    limit = asked.get("MaxPayloadInMB", DEFAULT_PAYLOAD) * 1024 * 1024
    single = asked.get("BatchStrategy") == "SingleRecord"
    waiting: list[Record] = []
    size = 0
    for record in _records(file, asked):
        if limit and len(record) > limit:
            detail = f"A record of `{file.name}` has {len(record)} bytes; MaxPayloadInMB allows {limit}."
            raise JobFailed(f"ClientError: {detail}")
        if waiting and (single or (limit and size + len(record) > limit)):
            yield waiting
            waiting, size = [], 0
        waiting.append(record)
        size += len(record)
    if waiting:
        yield waiting


def _records(file: Path, asked: Mapping[str, Any]) -> Iterator[Record]:
    split = asked["TransformInput"].get("SplitType", "None")
    if split not in ("None", "Line"):
        raise JobFailed(f"ClientError: The embedded cloud splits inputs by Line or not at all, not by {split}.")
    try:
        with _open(file, asked["TransformInput"].get("CompressionType", "None")) as stream:
            yield from stream if split == "Line" else [stream.read()]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise JobFailed(f"ClientError: `{file.name}` is no gzip file: {error}") from error


def _open(file: Path, compression: str) -> BinaryIO:
    return cast(BinaryIO, gzip.open(file) if compression == "Gzip" else file.open("rb"))


@dataclass(frozen=True)
class Processing:
    """DataProcessing of one job; SageMaker looks into records only when it is asked to."""

    read: RecordFilter
    write: RecordFilter
    join: bool
    kind: str
    """``csv`` or ``json``"""
    lines: bool
    """Each record is a line."""

    def answer(self, records: Sequence[Record], ask: Ask) -> Iterator[bytes]:
        """What is written for the records of one request."""
        given = [self._load(record) for record in records]
        end = b"\n" if self.lines else b""
        body = b"".join(self._dump(self._apply(self.read, one)) + end for one in given)
        found = [self._load(line) for line in self._split(ask(body))]
        if self.join:
            if len(found) != len(given):
                raise JobFailed(
                    f"ClientError: Fail to join: a request of {len(given)} records had {len(found)} in its answer."
                )
            found = [self._joined(*pair) for pair in zip(given, found, strict=True)]
        yield from (self._dump(self._apply(self.write, one)) for one in found)

    def _split(self, answer: bytes) -> list[bytes]:
        return [line for line in answer.splitlines() if line.strip()] if self.lines else [answer]

    def _joined(self, given: Any, found: Any) -> Any:
        if self.kind == "csv":
            return [*given, *found]
        return {**(given if isinstance(given, dict) else {"SageMakerInput": given}), "SageMakerOutput": found}

    def _load(self, record: bytes) -> Any:
        try:
            text = record.decode("utf-8")
            if self.kind == "json":
                return read_json(text)
            return next(csv.reader([text.rstrip("\r\n")]), [])
        except (UnicodeDecodeError, NotStrictJson, csv.Error) as error:
            raise JobFailed(f"ClientError: A record is no {self.kind.upper()}: {error}") from error

    def _dump(self, value: Any) -> bytes:
        if self.kind == "json":
            return json.dumps(value, separators=(",", ":")).encode()
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(value if isinstance(value, list) else [value])
        return out.getvalue().encode()

    def _apply(self, chosen: RecordFilter, record: Any) -> Any:
        try:
            return chosen(record)
        except NoSuchPart as error:
            raise JobFailed(f"ClientError: {error}.") from error


def find_processing(asked: Mapping[str, Any]) -> Processing | None:
    """What a job does with its records; None when they pass as they are.

    Raises ValueError for what SageMaker refuses.
    """
    said = asked.get("DataProcessing", {})
    read, write = (parse_filter(said.get(name, "$")) for name in ("InputFilter", "OutputFilter"))
    join = said.get("JoinSource", "None") == "Input"
    if not join and not read.parts and not write.parts:
        return None
    content = asked["TransformInput"].get("ContentType", "")
    kind = next((word for word in ("csv", "json") if word in content), None)
    if kind is None:
        raise ValueError(f"records of `{content}` can be neither joined nor filtered; CSV and JSON can")
    lines = asked["TransformInput"].get("SplitType", "None") == "Line"
    if kind == "csv" and not lines:
        raise ValueError("CSV is joined and filtered by line: SplitType must be Line")
    return Processing(read, write, join, kind, lines)
