"""A map that is stopped in its middle, or whose cloud is killed: the run ends truly, and the next does the rest."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.bad_input.project import wait_until
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

ITEMS = 8
PIPELINE = f"""
parameters:
  round: {{type: string, default: "1"}}
steps:
  fit:
    kind: map
    script: fit.py
    items: [{", ".join(f"s{number}" for number in range(ITEMS))}]
    cache: true
    max_concurrency: 2
    arguments: {{round: parameters.round}}
    results: {{zone: models, folder: fits}}
"""
FIT = """
import json, os, sys, time
time.sleep(2)
json.dump(sys.argv[2], open(os.environ["MLOPS_IAC_RESULT"], "w"))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp("interrupted") / "project"
    with tiny_environment(folder, "step-functions", {"slow": PIPELINE}) as made:
        made.write("fit.py", FIT)
        yield made


def start(project: TinyEnvironment, round: str) -> str:
    """A run of which some items are done."""
    before = len(kept(project))
    project.run("run", "tiny-dev", "slow", "--set", f"round={round}")
    wait_until(lambda: len(kept(project)) >= before + 2, seconds=90)
    return project.last_run()


def kept(project: TinyEnvironment) -> list[str]:
    s3 = project.cloud.clients("eu-west-1")("s3")
    (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith("tiny-dev-lake"))
    found = s3.list_objects_v2(Bucket=bucket, Prefix="models/kept/").get("Contents", ())
    return [one["Key"] for one in found if one["Key"].endswith(".jsonl")]


def status(project: TinyEnvironment, run: str) -> str:
    told: str = json.loads(project.run("runs", "show", "tiny-dev", run, "--json"))["status"]
    return told


def finish(project: TinyEnvironment, round: str) -> int:
    """Run it again to the end; answers how many of its tasks were known."""
    project.run("run", "tiny-dev", "slow", "--set", f"round={round}", "--follow")
    log = project.run("logs", "tiny-dev", "last", "fit")
    (line,) = (line for line in log.splitlines() if "items are left to do" in line)
    return int(line.split("mlops-iac: ")[1].split(" of ")[0])


def test_what_a_stopped_run_had_done_is_not_done_again(project: TinyEnvironment) -> None:
    run = start(project, "1")
    project.run("runs", "stop", "tiny-dev", run)
    wait_until(lambda: status(project, run) == "stopped", seconds=60)
    done = len(kept(project))
    assert 2 <= done < ITEMS
    assert finish(project, "1") >= done


def test_what_was_kept_when_the_cloud_was_killed_is_there_and_the_run_ends_truly(project: TinyEnvironment) -> None:
    run = start(project, "2")
    done = len(kept(project))
    project.cloud.save()  # a kill can lose what changed in the second before
    os.kill(json.loads((project.folder / ".mlops-iac/cloud/cloud.json").read_text())["pid"], signal.SIGKILL)
    assert status(project, run) in ("failed", "stopped")
    assert len(kept(project)) >= done
    assert finish(project, "2") >= 2


def test_one_item_s_log(project: TinyEnvironment) -> None:
    project.write("fit.py", FIT.replace("time.sleep(2)", "print('this is', sys.argv[2])"))
    project.run("run", "tiny-dev", "slow", "--follow")
    assert "this is s3" in project.run("logs", "tiny-dev", "last", "fit", "--item", "3")
    whole = project.run("logs", "tiny-dev", "last", "fit")
    assert "3 this is s3" in whole
    assert "s4" not in project.run("logs", "tiny-dev", "last", "fit", "--item", "3")
    project.refused("logs", "tiny-dev", "last", "--item", "3", code=2, says=("a whole run", "name the step: fit"))
