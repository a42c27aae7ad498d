"""The code of a feature function: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

Jobs have no network, and neither Athena nor Feature Store takes rows from a place in S3. So steps on features call
this: ``ingest`` puts the rows that a step made, ``join`` makes a training set, ``compare`` looks for skew between the
stores. Beside it lie ``feature_sql.py``, ``feature_skew.py`` and ``features.json``, which says what the groups are.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any

AT_ONCE, CHUNK, BATCH = 16, 500, 100
"""Requests at a time; rows that wait for them; keys of one BatchGetRecord, whose limit is 100."""
SPARE = 20
"""Seconds before its end at which a call gives up by itself, and says why."""
ASKED = ("QUEUED", "RUNNING")
MOST_SHOWN = 5


class CannotDo(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers the metrics by their names, which a condition of SageMaker Pipelines reads, and all that was done."""
    groups = json.loads(Path(__file__).with_name("features.json").read_text(encoding="utf-8"))["groups"]
    left = context.get_remaining_time_in_millis() / 1000 - SPARE
    call = Call(groups, event, time.monotonic() + left)
    done: dict[str, Any] = getattr(call, event["call"])()
    print(json.dumps(done))
    metrics = {name: value for name, value in done.items() if isinstance(value, float)}
    return {"done": json.dumps(done), **metrics}


class Call:
    """One call. ``event`` has: call, run, settings, and for ``ingest`` from: where the rows lie."""

    def __init__(self, groups: Mapping[str, Mapping[str, Any]], event: Mapping[str, Any], until: float) -> None:
        self.event, self.until = event, until
        self.settings: dict[str, Any] = json.loads(event["settings"])
        self.groups = {name: groups[name] for name in self.settings["groups"] or groups}
        self.boto3 = importlib.import_module("boto3")
        self.s3 = self.boto3.client("s3")

    # Rows into the groups -------------------------------------------------------------------------------------------

    def ingest(self) -> dict[str, Any]:
        counts = dict.fromkeys(self.groups, 0)
        files = list(self.files())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for name, key in files:
                counts[name] += self.put_all(pool, name, key)
        if not sum(counts.values()):
            raise CannotDo(f"There are no rows below {self.event['from']}: it has CSV files called after groups.")
        metrics = {"rows": float(sum(counts.values()))}
        self.write("evaluation.json", {"metrics": metrics, "groups": counts})
        return {**metrics, "groups": counts}

    def files(self) -> Iterator[tuple[str, str]]:
        """Group and key of each file of rows."""
        bucket, _, prefix = self.event["from"].removeprefix("s3://").partition("/")
        prefix = f"{prefix.rstrip('/')}/"
        self.source = bucket
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Contents", ()):
                name = one["Key"].removeprefix(prefix).partition("/")[0].removesuffix(".csv")
                if not one["Key"].endswith(".csv"):
                    continue
                if name not in self.groups:
                    raise CannotDo(f"{one['Key']} is called after no group; there are: {', '.join(self.groups)}.")
                yield name, one["Key"]

    def put_all(self, pool: ThreadPoolExecutor, name: str, key: str) -> int:
        """How many rows were put. The first rows that are refused end the step, with their lines."""
        group, client = self.groups[name], self.boto3.client("sagemaker-featurestore-runtime")
        # Read whole: a connection that waits for other requests may be closed.
        text = self.s3.get_object(Bucket=self.source, Key=key)["Body"].read().decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        strangers = [one for one in reader.fieldnames or () if one not in group["types"]]
        if strangers:
            raise CannotDo(f"{key}: group {name} has no feature {strangers[0]!r}; it has: {', '.join(group['types'])}.")

        def put(numbered: tuple[int, dict[str, Any]]) -> str:
            line, row = numbered
            record = [{"FeatureName": n, "ValueAsString": v} for n, v in row.items() if n is not None and v]
            try:
                if None in row or None in row.values():
                    return f"{key}:{line}: it has not as many fields as the header."
                client.put_record(FeatureGroupName=group["group"], Record=record)
            except client.exceptions.ClientError as error:
                return f"{key}:{line}: {error}"
            return ""

        rows, count = enumerate(reader, 2), 0
        while chunk := list(islice(rows, CHUNK)):
            if time.monotonic() > self.until:
                raise CannotDo(f"{key}: {count} rows were put when the time of one call was over: give it fewer rows.")
            refused = [said for said in pool.map(put, chunk) if said]
            if refused:
                raise CannotDo(f"{len(refused)} rows were refused. {' '.join(refused[:MOST_SHOWN])}")
            count += len(chunk)
        return count

    # The history ----------------------------------------------------------------------------------------------------

    def join(self) -> dict[str, Any]:
        sql = importlib.import_module("feature_sql")
        labels = self.settings["labels"]
        found = self.boto3.client("glue").get_table(DatabaseName=self.settings["database"], Name=labels)["Table"]
        columns = {one["Name"]: one["Type"] for one in found["StorageDescriptor"]["Columns"]}
        text = sql.join(labels, self.settings["time"], columns, self.groups)
        place = self.ask(text)
        bucket, _, key = place.removeprefix("s3://").partition("/")
        to = {"Bucket": self.settings["bucket"], "Key": f"{self.place}rows.csv"}
        self.s3.copy_object(**to, CopySource={"Bucket": bucket, "Key": key}, TaggingDirective="REPLACE")
        return {"rows": f"s3://{to['Bucket']}/{to['Key']}"}

    def compare(self) -> dict[str, Any]:
        sql, skew = importlib.import_module("feature_sql"), importlib.import_module("feature_skew")
        now, reports = datetime.now(timezone.utc), {}  # noqa: UP017 - as in feature_skew
        for name, group in self.groups.items():
            if group["online"]:
                rows = list(self.rows_of(sql.newest(group, self.settings["sample"])))
                online = dict(self.online(group, [row[group["identifier"]] for row in rows]))
                reports[name] = skew.report(group, rows, online, now)
        metrics = skew.metrics(list(reports.values()))
        self.write("report.json", reports)
        self.write("evaluation.json", {"metrics": metrics})
        return metrics

    def online(self, group: Mapping[str, Any], keys: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
        client = self.boto3.client("sagemaker-featurestore-runtime")
        waiting = [keys[first : first + BATCH] for first in range(0, len(keys), BATCH)]
        while waiting:
            asked = {"FeatureGroupName": group["group"], "RecordIdentifiersValueAsString": waiting.pop()}
            answer = client.batch_get_record(Identifiers=[asked])
            if answer["Errors"]:
                raise CannotDo(f"{group['group']}: {answer['Errors'][0]['ErrorMessage']}")
            waiting += [one["RecordIdentifiersValueAsString"] for one in answer["UnprocessedIdentifiers"]]
            for one in answer["Records"]:
                values = {each["FeatureName"]: each["ValueAsString"] for each in one["Record"]}
                yield one["RecordIdentifierValueAsString"], values

    # Athena, and what is left ---------------------------------------------------------------------------------------

    def rows_of(self, text: str) -> Iterator[dict[str, str]]:
        bucket, _, key = self.ask(text).removeprefix("s3://").partition("/")
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        yield from csv.DictReader(io.StringIO(body, newline=""))

    def ask(self, text: str) -> str:
        """Where the answer lies: CSV, with a header."""
        client = self.boto3.client("athena")
        asked = client.start_query_execution(
            QueryString=text,
            QueryExecutionContext={"Database": self.settings["database"]},
            WorkGroup=self.settings["workgroup"],
        )["QueryExecutionId"]
        pause = 0.1
        while (found := client.get_query_execution(QueryExecutionId=asked)["QueryExecution"])["Status"][
            "State"
        ] in ASKED:
            if time.monotonic() + pause > self.until:
                client.stop_query_execution(QueryExecutionId=asked)
                raise CannotDo(f"Query {asked} had no answer in the time of one call, and was stopped.")
            time.sleep(pause)
            pause = min(2 * pause, 5.0)
        if found["Status"]["State"] != "SUCCEEDED":
            raise CannotDo(found["Status"].get("StateChangeReason") or f"The query ended {found['Status']['State']}.")
        place: str = found["ResultConfiguration"]["OutputLocation"]
        return place

    @property
    def place(self) -> str:
        """Key prefix of the step's output."""
        prefix: str = self.settings["place"].replace("{run}", self.event["run"])
        return prefix

    def write(self, name: str, document: Any) -> None:
        body = json.dumps(document, indent=2).encode()
        self.s3.put_object(Bucket=self.settings["bucket"], Key=f"{self.place}{name}", Body=body)
