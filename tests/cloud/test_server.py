"""The server's own behaviour: where it listens, what it tells, when it saves."""

from __future__ import annotations

import http.client
import json
import os
import time
from pathlib import Path

from mlops_iac.cloud.own_calls import authorization
from mlops_iac.cloud.server import Server

LOCATION = {"LocationConstraint": "eu-west-1"}


def ask(cloud, method, path):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    connection.request(method, path, headers=authorization(cloud.gateway.token.owner))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_a_bucket_can_be_made_and_listed(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration=LOCATION)
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["lake"]


def test_objects_of_any_size_come_back_as_they_were(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="sizes", CreateBucketConfiguration=LOCATION)
    for size in (0, 1, 70_000, 12_000_000):
        body = os.urandom(size)
        s3.put_object(Bucket="sizes", Key=f"{size} with space/é", Body=body)
        assert s3.get_object(Bucket="sizes", Key=f"{size} with space/é")["Body"].read() == body
        assert s3.head_object(Bucket="sizes", Key=f"{size} with space/é")["ContentLength"] == size


def test_a_client_keeps_its_connection(cloud):
    connection = http.client.HTTPConnection(cloud.endpoint.removeprefix("http://"))
    for _ in range(3):
        connection.request("GET", "/_mlops-iac/health")
        connection.getresponse().read()
        used = connection.sock.getsockname()
        connection.request("GET", "/_mlops-iac/health")
        connection.getresponse().read()
        assert connection.sock.getsockname() == used


def test_a_crash_before_a_body_is_read_is_not_taken_for_the_next_request(cloud, monkeypatch):
    sagemaker = cloud.clients()("sagemaker")
    monkeypatch.setattr(cloud.gateway.iam, "check_head", Crash(cloud.gateway.iam.check_head))
    names = sagemaker.list_endpoints(NameContains="any")["Endpoints"]  # the SDK tries again, on the same connection
    assert names == []


class Crash:
    """Fails once, then does what it stands for."""

    def __init__(self, real):
        self.real, self.left = real, 1

    def __call__(self, *args):
        if self.left:
            self.left -= 1
            raise RuntimeError("a bug of ours")
        return self.real(*args)


def test_it_listens_on_loopback_only(cloud):
    port = int(cloud.endpoint.rsplit(":", 1)[1])
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {fields[1] for fields in table if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"}
    assert listening == {f"0100007F:{port:04X}"}


def test_its_own_api_tells_who_it_is_and_what_it_holds(cloud):
    status, health = ask(cloud, "GET", "/_mlops-iac/health")
    assert (status, health["pid"], health["service"]) == (200, os.getpid(), "mlops-iac")
    _, told = ask(cloud, "GET", "/_mlops-iac/status")
    assert told["snapshot"] == "none"
    assert told["memory_bytes"] > 10_000_000
    status, unknown = ask(cloud, "GET", "/_mlops-iac/nothing")
    assert status == 404
    assert "POST /_mlops-iac/reset" in unknown["known"]


def test_parts_add_to_the_status(cloud):
    cloud.gateway.reports["jobs"] = lambda: {"running": 2}
    assert ask(cloud, "GET", "/_mlops-iac/status")[1]["jobs"] == {"running": 2}


def test_a_change_is_saved_soon_without_being_asked(cloud):
    snapshot = cloud.server.home.path / "cloud.snap"
    cloud.clients()("ssm").put_parameter(Name="saved", Value="v", Type="String")
    deadline = time.monotonic() + 15
    while not snapshot.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_reset_empties_everything_and_tells_its_parts(cloud):
    told = []
    cloud.gateway.on_reset(lambda: told.append("reset"))
    cloud.gateway.store["mine"]["a"] = 1
    cloud.clients()("ssm").put_parameter(Name="gone", Value="v", Type="String")
    assert ask(cloud, "POST", "/_mlops-iac/reset") == (200, {"reset": True})
    assert cloud.clients()("ssm").describe_parameters()["Parameters"] == []
    assert cloud.gateway.store["mine"] == {}
    assert told == ["reset"]


def test_a_new_cloud_has_nothing_of_another_of_the_same_process(tmp_path):
    """moto's state belongs to the process; bodies of the other's objects lie in a folder that this one has not."""
    clouds = [Server(tmp_path / name) for name in ("first", "second")]
    try:
        clouds[0].start()
        s3 = clouds[0].gateway.clients("eu-west-1")("s3")
        s3.create_bucket(Bucket="others", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="others", Key="k", Body=bytes(100_000))
        clouds[0].stop()
        clouds[1].start()
        assert clouds[1].gateway.clients("eu-west-1")("s3").list_buckets()["Buckets"] == []
    finally:
        for cloud in clouds:
            cloud.stop()
