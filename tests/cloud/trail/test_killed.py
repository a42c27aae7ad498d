"""What CloudTrail was told survives `kill -9` with what it tells of: no change that was kept is without its event."""

from __future__ import annotations

import gzip
import json
import os
import signal

import pytest

from mlops_iac.cloud.home import UNSAVED
from mlops_iac.cloud.process import EmbeddedCloud
from tests.cloud.trail.test_trail import BUCKET, LAKE, LOGS, faults, looked_up, make_trail
from tests.e2e.bad_input.project import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def embedded(tmp_path):
    cloud = EmbeddedCloud(tmp_path / "cloud")
    yield cloud
    cloud.stop()


def test_the_history_and_what_a_trail_has_not_written_yet_are_there_after_a_kill(embedded):
    running = embedded.start()
    clients = embedded.clients("eu-west-1")
    make_trail(clients)
    names = [f"asked-{number}" for number in range(20)]
    for name in names:
        clients("sqs").create_queue(QueueName=name)
        clients("s3").put_object(Bucket=LAKE, Key=name, Body=b"x")
    wait_until(lambda: not (embedded.home / UNSAVED).exists())
    os.kill(running.pid, signal.SIGKILL)
    wait_until(lambda: embedded.find() is None)
    embedded.start()
    clients = embedded.clients("eu-west-1")
    kept = {url.rpartition("/")[2] for url in clients("sqs").list_queues()["QueueUrls"]}
    told = {event["requestParameters"]["queueName"] for event in looked_up(clients, "CreateQueue")}
    assert kept == told == set(names)
    wait_until(lambda: set(names) <= {one["requestParameters"]["key"] for one in written(clients)})


def test_digests_are_one_chain_under_one_key_over_restarts(embedded):
    embedded.start()
    make_trail(embedded.clients("eu-west-1"))
    for name in ("before", "after"):
        embedded.clients("eu-west-1")("s3").put_object(Bucket=LAKE, Key=name, Body=b"x")
        embedded.stop()  # writes what waits
        embedded.start()
    clients = embedded.clients("eu-west-1")
    assert clients("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{LOGS}-Digest/")["KeyCount"] > 1
    assert faults(clients) == []
    assert clients("cloudtrail").get_trail_status(Name="audited")["LatestDigestDeliveryTime"]


def written(clients):
    """Records of the trail's log files."""
    s3 = clients("s3")
    for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{LOGS}/").get("Contents", ()):
        yield from json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()))["Records"]
