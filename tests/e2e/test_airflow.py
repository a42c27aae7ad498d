"""What Airflow does in its own way: attempts, time limits, runs that go on from a step, files that are read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

STACK = "tiny-dev"
FLAKY = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  fetch:
    kind: processing
    script: fetch.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated, folder: fetched}}
    retry: {attempts: 2, interval_seconds: 1, backoff: 1}
"""
FETCH = """
    import os, pathlib, shutil, sys
    if not os.environ["PROCESSING_JOB_NAME"].endswith("-2"):
        sys.exit("the feed is not there yet")
    shutil.copytree("/opt/ml/processing/input/data", "/opt/ml/processing/output/data", dirs_exist_ok=True)
    print("fetch: here it is")
"""
ENDLESS = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  wait:
    kind: processing
    script: endless.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated, folder: waited}}
    timeout_minutes: 1
"""
BROKEN = """
parameters: {data: {type: prefix, default: raw/}}
steps:
  first:
    kind: processing
    script: first.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated, folder: first}}
  second:
    kind: processing
    script: second.py
    inputs: {data: first.data}
    outputs: {data: {zone: curated, folder: second}}
"""
FIRST = """
    import pathlib
    pathlib.Path("/opt/ml/processing/output/data/made.csv").write_text("1")
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    own = {"flaky": FLAKY, "endless": ENDLESS, "broken": BROKEN}
    with tiny_environment(tmp_path_factory.mktemp("tiny"), "airflow", pipelines=own) as made:
        made.write("fetch.py", FETCH)
        made.write("endless.py", "import time\nwhile True:\n    time.sleep(1)")
        made.write("first.py", FIRST)
        made.write("second.py", 'raise SystemExit("the second is broken")')
        yield made


def last(tiny: TinyEnvironment) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    found = json.loads(tiny.run("runs", "show", STACK, "last", "--json"))
    return found, {step["name"]: step for step in found["steps"]}


def test_a_step_that_failed_is_tried_again_with_a_job_of_its_own(tiny: TinyEnvironment) -> None:
    tiny.run("run", STACK, "flaky", "--follow")
    found, steps = last(tiny)
    assert found["status"] == "succeeded"
    assert steps["fetch"]["attempts"] == 2
    assert steps["fetch"]["job"].endswith("-fetch-2")
    assert "fetch: here it is" in tiny.run("logs", STACK, "last", "fetch")


def test_a_step_that_takes_too_long_has_timed_out(tiny: TinyEnvironment) -> None:
    tiny.refused("run", STACK, "endless", "--follow", code=1, says=("stopped after 1 minute",))
    found, steps = last(tiny)
    assert (found["status"], steps["wait"]["status"]) == ("timed-out", "timed-out")


def test_a_run_goes_on_from_the_step_that_failed(tiny: TinyEnvironment) -> None:
    tiny.refused("run", STACK, "broken", "--follow", code=1, says=("second", "the second is broken"))
    found, steps = last(tiny)
    assert [steps[name]["status"] for name in ("first", "second")] == ["succeeded", "failed"]
    tiny.refused("runs", "retry", STACK, found["id"], "--follow", code=1, says=("the second is broken",))
    again, others = last(tiny)
    assert again["id"] == found["id"], "it is the same run of the DAG"
    assert others["first"]["job"] == steps["first"]["job"]
    assert others["second"]["attempts"] == 2
    assert others["second"]["job"] != steps["second"]["job"]


def test_what_was_deployed_is_what_runs(tiny: TinyEnvironment) -> None:
    """The file in the bucket is changed by hand: the next run does what it says now."""
    s3 = tiny.cloud.clients("eu-west-1")("s3")
    bucket = next(one["Name"] for one in s3.list_buckets()["Buckets"] if "pipelines" in one["Name"])
    source = s3.get_object(Bucket=bucket, Key="dags/broken.py")["Body"].read().decode()
    s3.put_object(Bucket=bucket, Key="dags/broken.py", Body=source.replace("second.py", "first.py").encode())
    tiny.run("run", STACK, "broken", "--follow")
    assert last(tiny)[0]["status"] == "succeeded"
