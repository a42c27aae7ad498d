"""The code of a watcher: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

A monitor step calls it twice. ``look``: it finds the run whose model serves, the baseline that this run made, and what
was captured and became known since; it writes a manifest of these objects, for a job that has no network. ``tell``: it
publishes the metrics that the job left. What time it is says the run's id, as the run's clock may be another one.

An endpoint that nobody has asked, or that does not serve yet, is no mistake: the window then says why it is empty. A
model without a baseline is one, as nothing could be compared with it.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

NOT_FOUND = "Could not find"
"""SageMaker has no error of its own for what does not exist, only this text in a validation error."""
SHADOW = "shadow"
"""The variant that is asked nothing but copies."""
ATTRIBUTION = "attribution.json"
"""What an explain step keeps for later looks, in its folder."""
MOST_OBJECTS = 100_000
"""Of one window, the newest ones."""
AT_ONCE = 500
"""Metrics of one request; CloudWatch takes 1,000, and a megabyte."""


class NoBaseline(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    watch = Watch(event["run"], json.loads(event["settings"]))
    return watch.look() if event["call"] == "look" else watch.tell()


class Watch:
    """One call. ``settings`` has: bucket, endpoint, hours, truth, truth_hours, and the keys window, report and, by the
    kind of step that makes each, baselines, with ``{run}`` for the id of a run."""

    def __init__(self, run: str, settings: dict[str, Any]) -> None:
        boto3 = importlib.import_module("boto3")
        self.run, self.settings = run, settings
        self.s3, self.client = boto3.client("s3"), boto3.client
        self.now = datetime.strptime(run[:13], "%y%m%d-%H%M%S").replace(tzinfo=UTC)

    # Before the job -----------------------------------------------------------------------------------------------

    def look(self) -> dict[str, str]:
        hours = self.settings["hours"]
        window: dict[str, Any] = {
            "endpoint": self.settings["endpoint"],
            "from": (self.now - timedelta(hours=hours)).isoformat(),
            "to": self.now.isoformat(),
        }
        found: list[str] = []
        serving = self.find_capture(window)
        if serving:
            place, run = serving
            known = list(self.baselines(run, window))
            captured = list(self.captured(place, max(hours, self.settings["truth_hours"])))[-MOST_OBJECTS:]
            truth = list(self.keys(self.settings["truth"])) if self.settings["truth"] else []
            found = [*known, *captured, *truth]
            window |= {"run": run, "captured": place, "truth": self.settings["truth"]}
        return {"manifest": self.write(window, found)}

    def baselines(self, run: str, window: dict[str, Any]) -> Iterator[str]:
        """Keys of what the run left to be compared with; the window is told where each lies."""
        for kind, place in self.settings["baselines"].items():
            window[kind] = place.replace("{run}", run)
            keys = [key for key in self.keys(window[kind]) if key.endswith(".json")]
            if not keys:
                raise NoBaseline(
                    f"The model that {self.settings['endpoint']} serves was made by run {run}, which left nothing to "
                    f"compare with at {window[kind]}: run the training again, with a `{kind}` step."
                )
            yield from keys
            if f"{window[kind]}{ATTRIBUTION}" in keys:
                yield from self.model(f"{window[kind]}{ATTRIBUTION}", window)

    def model(self, attribution: str, window: dict[str, Any]) -> Iterator[str]:
        """The model that serves, as what explained it says where it lies."""
        body = self.s3.get_object(Bucket=self.settings["bucket"], Key=attribution)["Body"].read()
        bucket, _, key = json.loads(body)["model"].removeprefix("s3://").partition("/")
        if bucket == self.settings["bucket"] and key:
            window["model"] = key
            yield key

    def find_capture(self, window: dict[str, Any]) -> tuple[str, str] | None:
        """Prefix and run of what the model that serves is asked; the window is told when there is nothing."""
        client = self.client("sagemaker")
        try:
            found = client.describe_endpoint(EndpointName=self.settings["endpoint"])
        except client.exceptions.ClientError as error:
            if NOT_FOUND not in str(error):
                raise
            window["empty"] = "no model serves yet"
            return None
        place = found.get("DataCaptureConfig", {}).get("DestinationS3Uri", "")
        if not place:
            window["empty"] = "the model that serves was deployed before capture was turned on: the next one captures"
            return None
        key = place.removeprefix("s3://").rstrip("/").partition("/")[2]
        return f"{key}/{self.settings['endpoint']}/", key.rpartition("/")[2]

    def captured(self, place: str, hours: int) -> Iterator[str]:
        """What was captured since then, by variant: SageMaker's keys go on with year, month, day and hour."""
        since = self.now - timedelta(hours=hours)
        until = self.now + timedelta(hours=1)
        for variant in self.variants(place):
            first, last = (f"{variant}{moment:%Y/%m/%d/%H}/" for moment in (since, until))
            for key in self.keys(variant, StartAfter=first):
                if key >= last:
                    break
                yield key

    def variants(self, place: str) -> list[str]:
        pages = self.pages(Prefix=place, Delimiter="/")
        found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())]
        return [prefix for prefix in found if prefix != f"{place}{SHADOW}/"]

    def keys(self, prefix: str, **more: str) -> Iterator[str]:
        for page in self.pages(Prefix=prefix, **more):
            yield from (each["Key"] for each in page.get("Contents", ()) if each["Size"])

    def pages(self, **asked: str) -> Iterator[dict[str, Any]]:
        yield from self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.settings["bucket"], **asked)

    def write(self, window: dict[str, Any], keys: list[str]) -> str:
        """The window and its manifest; the window is an object of its own, so that no manifest is empty."""
        folder, bucket = self.settings["window"].replace("{run}", self.run), self.settings["bucket"]
        manifest = [{"prefix": f"s3://{bucket}/"}, f"{folder}window.json", *keys]
        for name, document in (("window.json", window), ("manifest.json", manifest)):
            self.s3.put_object(Bucket=bucket, Key=f"{folder}{name}", Body=json.dumps(document).encode())
        return f"s3://{bucket}/{folder}manifest.json"

    # After the job ------------------------------------------------------------------------------------------------

    def tell(self) -> dict[str, str]:
        key = f"{self.settings['report'].replace('{run}', self.run)}metrics.json"
        body = self.s3.get_object(Bucket=self.settings["bucket"], Key=key)["Body"].read()
        metrics: dict[str, list[dict[str, Any]]] = json.loads(body)
        cloudwatch = self.client("cloudwatch")
        for namespace, data in metrics.items():
            for first in range(0, len(data), AT_ONCE):
                cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[first : first + AT_ONCE])
        return {"told": str(sum(map(len, metrics.values())))}
