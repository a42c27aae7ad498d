"""CloudTrail: the history, and what a trail writes down of the objects of a bucket."""

from __future__ import annotations

import gzip
import json
from typing import Any

from mlops_iac.cloud import trail
from mlops_iac.cloud.trail import delivery, history
from tests.cloud.conftest import REGION
from tests.cloud.kept.world import World
from tests.support.roles import document

LOGS, LAKE = "kept-logs", "kept-lake"


class History(World):
    stores = frozenset({history.STORE, delivery.STORE})
    installs = (trail.install,)

    def begin(self) -> None:
        s3, cloudtrail = self.client("s3"), self.client("cloudtrail")
        for name in (LOGS, LAKE):
            s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        service = {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Effect": "Allow"}
        look = {**service, "Sid": "Look", "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{LOGS}"}
        write = {**service, "Sid": "Write", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{LOGS}/AWSLogs/*"}
        s3.put_bucket_policy(Bucket=LOGS, Policy=document(look, write))
        cloudtrail.create_trail(Name="kept", S3BucketName=LOGS)
        fields = {"eventCategory": "Data", "resources.type": "AWS::S3::Object"}
        chosen: list[dict[str, Any]] = [{"Field": name, "Equals": [value]} for name, value in fields.items()]
        chosen += [{"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{LAKE}/"]}]
        cloudtrail.put_event_selectors(TrailName="kept", AdvancedEventSelectors=[{"FieldSelectors": chosen}])
        cloudtrail.start_logging(Name="kept")

    def _queue(self) -> None:
        self.client("sqs").create_queue(QueueName=self.new_name())

    def _object(self) -> None:
        self.client("s3").put_object(Bucket=LAKE, Key=self.new_name(), Body=b"1")

    def act(self) -> None:
        self.one_of((self._queue, self._object))

    def seen(self) -> Any:
        pages = self.client("cloudtrail").get_paginator("lookup_events").paginate()
        told = [one["EventId"] for page in pages for one in page["Events"]]
        return [told, self._written_down()]

    def _written_down(self) -> set[str]:
        """In log files, or waiting to be written; in both where a kill came between the two."""
        with self.cloud.gateway.locked("cloudtrail"):
            shelves = self.cloud.gateway.store[delivery.STORE].values()
            found = [shelf.peek(key) for shelf in shelves for key in list(shelf)]
        s3 = self.client("s3")
        for one in s3.list_objects_v2(Bucket=LOGS).get("Contents", ()):
            body = s3.get_object(Bucket=LOGS, Key=one["Key"])["Body"].read()
            found += json.loads(gzip.decompress(body))["Records"]
        return {one["eventID"] for one in found}
