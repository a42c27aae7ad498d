"""What only grows is written once, read back whole, and costs neither memory nor the next save anything."""

from __future__ import annotations

import json
import time

import pytest

from mlops_iac.cloud.appended import Appended
from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.jobs.records import Records
from mlops_iac.cloud.seal import NotOurs
from tests.support.roles import make_mighty_role

ROLE = "arn:aws:iam::123456789012:role/runner"


def test_a_list_is_what_was_appended_before_and_after_it_was_flushed(tmp_path):
    kept = Appended(Blobs(tmp_path), ["a"])
    kept.flush()
    kept += ["b", "c"]
    assert (list(kept), len(kept)) == (["a", "b", "c"], 3)
    kept.flush()
    kept.flush()
    assert (list(kept), len(kept), len(kept.parts)) == (["a", "b", "c"], 3, 2)
    assert not Appended(Blobs(tmp_path))


def test_what_was_changed_on_the_disk_is_not_unpickled(tmp_path):
    kept = Appended(Blobs(tmp_path), ["a"])
    kept.flush()
    (pack,) = tmp_path.iterdir()
    pack.write_bytes(bytes(byte ^ 1 for byte in pack.read_bytes()))
    with pytest.raises(NotOurs):
        list(kept)


def run(sfn, machine, name):
    arn = sfn.start_execution(stateMachineArn=machine, name=name, input=json.dumps({"word": name * 500}))[
        "executionArn"
    ]
    deadline = time.monotonic() + 20
    while sfn.describe_execution(executionArn=arn)["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return arn


def test_histories_and_logs_are_appended_and_come_back_after_a_restart(start_cloud, tmp_path):
    cloud = start_cloud(tmp_path)
    make_mighty_role(cloud.clients(), "runner", "states")
    sfn, logs = cloud.clients()("stepfunctions"), cloud.clients()("logs")
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(10)} | {"S10": {"Type": "Succeed"}}
    machine = sfn.create_state_machine(
        name="m", roleArn=ROLE, definition=json.dumps({"StartAt": "S0", "States": states})
    )["stateMachineArn"]
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")

    def one_more(name):
        arn = run(sfn, machine, name)
        now = int(time.time() * 1000)
        logs.put_log_events(
            logGroupName="g", logStreamName="s",
            logEvents=[{"timestamp": now, "message": f"{name} {n} " + "x" * 500} for n in range(40)],
        )  # fmt: skip
        cloud.server.save()
        return arn, (tmp_path / "cloud.snap").stat().st_size

    arn, first = one_more("a")
    sizes = [one_more(name)[1] for name in "bcd"]
    written = sum(path.stat().st_size for path in (tmp_path / "objects").iterdir())
    assert written > 4 * 40 * 500
    assert (sizes[-1] - first) / 3 < 8_000, "a run adds what it is, and none of what it said"
    seen = describe(sfn, logs, arn)
    assert len(seen[1]) == 160
    cloud.server.stop()
    again = start_cloud(tmp_path)
    assert len(list(again.gateway.database.sizes())) == 1, "small things share a file"
    sfn, logs = again.clients()("stepfunctions"), again.clients()("logs")
    assert describe(sfn, logs, arn) == seen
    (stream,) = logs.describe_log_streams(logGroupName="g")["logStreams"]
    moments = [event["timestamp"] for event in seen[1]]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (min(moments), max(moments))
    logs.put_log_events(
        logGroupName="g", logStreamName="s", logEvents=[{"timestamp": moments[-1] + 1, "message": "after"}]
    )
    assert len(describe(sfn, logs, arn)[1]) == 161


def describe(sfn, logs, arn):
    history = sfn.get_execution_history(executionArn=arn)["events"]
    events = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)["events"]
    return history, events


def test_the_record_of_a_job_that_ended_is_written_once_and_comes_back_after_a_restart(start_cloud, tmp_path):
    key = ("training-job", "123456789012", "eu-west-1", "one")
    record = {"TrainingJobStatus": "Completed", "HyperParameters": {"C": "a value on the disk" * 1000}}
    first = start_cloud(tmp_path)
    records = Records(first.gateway, "jobs")
    records.add(key, dict(record))
    records.put_away(key, ["TrainingJobStatus"])
    assert first.server.save()
    assert not first.gateway.store["jobs"]
    assert not vars(first.gateway.store["ended"]["jobs"])["_live"], "nothing of it is left in memory"
    assert (tmp_path / "cloud.snap").stat().st_size < 15_000
    first.server.stop()
    again = Records(start_cloud(tmp_path).gateway, "jobs")
    assert again.find(key) == record
    assert dict(again.each("training-job", whole=False)) == {key: {"TrainingJobStatus": "Completed"}}
