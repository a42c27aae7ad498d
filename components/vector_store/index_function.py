"""The code of an indexer: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

An index step calls it with the vectors that a run made: lines of JSON, each with ``vector`` and ``metadata``. They go
into the index beside those of earlier runs, as another version: their metadata ``version`` is the run's id, and a
question names the version that it wants. So nothing half done ever answers, and a version that the gate refuses was
never asked by anybody but the run's own questions.

What is known of versions lies in the lake, in the ledger: the newest ones stay, and the one whose model serves.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

VERSION = "version"
"""The metadata key that tells versions apart."""
AT_ONCE = 500
"""Vectors of one request, and 20 MiB at most."""
MOST_BYTES = 12_000_000
RESERVED = 50
"""Requests between two lines of the ledger."""
GONE = ("Could not find", "ValidationException")


class NothingToIndex(Exception):
    pass


class BadVector(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return Indexing(event["run"], event["vectors"], event.get("questions", ""), json.loads(event["settings"])).do()


class Indexing:
    """One call. ``settings`` has: index, bucket, endpoint, top, keep, and the keys ledger and answers, with ``{run}``
    for the id of a run."""

    def __init__(self, run: str, vectors: str, questions: str, settings: dict[str, Any]) -> None:
        boto3 = importlib.import_module("boto3")
        self.run, self.vectors, self.questions, self.settings = run, vectors, questions, settings
        self.s3, self.store, self.client = boto3.client("s3"), boto3.client("s3vectors"), boto3.client

    def do(self) -> dict[str, Any]:
        count = self.put()
        asked = self.ask() if self.questions else 0
        self.tidy()
        return {"version": self.run, "vectors": str(count), "questions": str(asked)}

    # Putting --------------------------------------------------------------------------------------------------------

    def put(self) -> int:
        """All vectors of the run. The ledger says beforehand how many there may be, so that what a call which broke
        off left can be taken out."""
        count = 0
        for number, batch in enumerate(self.batches()):
            if number % RESERVED == 0:
                self.note(count + RESERVED * AT_ONCE, whole=False)
            self.store.put_vectors(indexArn=self.settings["index"], vectors=batch)
            count += len(batch)
        if not count:
            raise NothingToIndex(f"No vector lies in {self.vectors}: is there a document that is not empty?")
        self.note(count, whole=True)
        return count

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        batch: list[dict[str, Any]] = []
        size = 0
        for number, (place, line) in enumerate(self.lines(self.vectors)):
            batch.append(self.vector(number, place, line))
            size += len(line)
            if len(batch) == AT_ONCE or size > MOST_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def vector(self, number: int, place: str, line: bytes) -> dict[str, Any]:
        try:
            told = json.loads(line)
            values, metadata = [float(value) for value in told["vector"]], dict(told.get("metadata") or {})
        except (ValueError, KeyError, TypeError) as error:
            raise BadVector(f'{place}: a line is {{"vector": [numbers], "metadata": {{...}}}}: {error!r}') from error
        return {"key": key(self.run, number), "data": {"float32": values}, "metadata": {**metadata, VERSION: self.run}}

    # Asking ---------------------------------------------------------------------------------------------------------

    def ask(self) -> int:
        """What the index answers to the run's own questions, for the evaluation: by the very store that will answer."""
        answers = []
        for place, line in self.lines(self.questions):
            try:
                question = json.loads(line)
                values = [float(value) for value in question.pop("vector")]
            except (ValueError, KeyError, TypeError) as error:
                raise BadVector(f'{place}: a line is {{"vector": [numbers], ...}}: {error!r}') from error
            found = self.store.query_vectors(
                indexArn=self.settings["index"],
                topK=self.settings["top"],
                queryVector={"float32": values},
                filter={VERSION: {"$eq": self.run}},
                returnDistance=True,
                returnMetadata=True,
            )["vectors"]
            answers.append({**question, "found": [{k: one[k] for k in ("distance", "metadata")} for one in found]})
        text = "".join(json.dumps(answer) + "\n" for answer in answers)
        name = f"{self.settings['answers'].replace('{run}', self.run)}answers.jsonl"
        self.s3.put_object(Bucket=self.settings["bucket"], Key=name, Body=text.encode())
        return len(answers)

    # Versions -------------------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Take out all versions but this run's, the newest whole ones before it, and the one that serves."""
        versions = self.ledger()
        whole = [one["run"] for one in versions if one["whole"]]
        kept = {*whole[-self.settings["keep"] - 1 :], self.serving()}
        for one in versions:
            if one["run"] not in kept:
                self.take_out(one["run"], one["vectors"])
        self.write([one for one in versions if one["run"] in kept])

    def take_out(self, run: str, count: int) -> None:
        for first in range(0, count, AT_ONCE):
            keys = [key(run, number) for number in range(first, min(first + AT_ONCE, count))]
            self.store.delete_vectors(indexArn=self.settings["index"], keys=keys)

    def serving(self) -> str:
        """The run whose model answers; empty where none does."""
        client = self.client("sagemaker")
        try:
            endpoint = client.describe_endpoint(EndpointName=self.settings["endpoint"])
            config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
            model = client.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
        except client.exceptions.ClientError as error:
            if not any(words in str(error) for words in GONE):
                raise
            return ""
        package = client.describe_model_package(ModelPackageName=model["PrimaryContainer"]["ModelPackageName"])
        archive = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        return str(archive).partition("/models/")[2].partition("/")[0]

    def note(self, count: int, *, whole: bool) -> None:
        others = [one for one in self.ledger() if one["run"] != self.run]
        self.write([*others, {"run": self.run, "vectors": count, "whole": whole}])

    def ledger(self) -> list[dict[str, Any]]:
        """Versions in the order in which they were made."""
        try:
            found = self.s3.get_object(Bucket=self.settings["bucket"], Key=self.settings["ledger"])
        except self.s3.exceptions.NoSuchKey:
            return []
        versions: list[dict[str, Any]] = json.loads(found["Body"].read())["versions"]
        return versions

    def write(self, versions: list[dict[str, Any]]) -> None:
        body = json.dumps({"versions": versions}).encode()
        self.s3.put_object(Bucket=self.settings["bucket"], Key=self.settings["ledger"], Body=body)

    # The lake -------------------------------------------------------------------------------------------------------

    def lines(self, uri: str) -> Iterator[tuple[str, bytes]]:
        """Every line of every ``.jsonl`` below a place, with where it stands."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for name in sorted(one["Key"] for one in page.get("Contents", ())):
                if name.endswith(".jsonl"):
                    body = self.s3.get_object(Bucket=bucket, Key=name)["Body"]
                    for number, line in enumerate(body.iter_lines(chunk_size=65536), 1):
                        if line.strip():
                            yield f"s3://{bucket}/{name}:{number}", line


def key(run: str, number: int) -> str:
    """Of a vector: what is in the index of a run follows from how many there are."""
    return f"{run}/{number:08d}"
