"""Pipelines that start by themselves: a team's stack file says when, and the cloud's clock is moved on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from tests.support import tiny_environment as tiny
from tests.support.rights import without_right
from tests.support.targets import BY_NIGHT, EACH_TARGET

FIRST = next(target for target in TARGETS if target not in BY_NIGHT)

pytestmark = pytest.mark.slow

TRIGGERS = """    triggers:
      nightly: {{kind: schedule, when: cron(0 6 * * ? *), timezone: Europe/Berlin}}
      fresh: {{kind: data, prefix: raw/, quiet_minutes: 10}}
      drift: {{kind: drift, alarm: my-drift}}
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def deployed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tiny.TinyEnvironment]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny, "STACK", tiny.STACK.rstrip("\n") + "\n" + TRIGGERS)
        with tiny.tiny_environment(tmp_path_factory.mktemp("triggers"), request.param) as made:
            yield made


def runs(deployed: tiny.TinyEnvironment) -> list[dict[str, Any]]:
    """The newest first."""
    found: list[dict[str, Any]] = json.loads(deployed.run("runs", "tiny-dev", "--json"))["runs"]
    return found


def test_nothing_starts_before_there_is_code(deployed: tiny.TinyEnvironment) -> None:
    told = json.loads(deployed.run("cloud", "advance", "1d", "--json"))
    assert [fired["what"].rsplit("-", 1)[-1] for fired in told["fired"] if "nightly" in fired["what"]] == ["nightly"]
    assert runs(deployed) == []


def test_each_day_has_its_run_with_the_code_that_was_pushed(deployed: tiny.TinyEnvironment) -> None:
    code = deployed.run("run", "tiny-dev", "--push").strip()
    deployed.run("cloud", "advance", "2d")
    found = runs(deployed)
    assert [run["status"] for run in found] == ["succeeded", "succeeded"]
    assert {run["code"] for run in found} == {code}
    # Six in Berlin is five in UTC, in winter.
    assert all(run["id"][7:].startswith(("050000", "040000")) for run in found)
    assert found[0]["id"] > found[1]["id"]


def test_new_data_starts_one_run_when_no_more_comes(deployed: tiny.TinyEnvironment) -> None:
    before = len(runs(deployed))
    for name in ("one", "two"):  # put at once: a little later may be the next window
        (deployed.folder / "more" / name).mkdir(parents=True)
        (deployed.folder / "more" / name / "numbers.csv").write_text("4\n")
    deployed.run("data", "put", "tiny-dev", "more", "raw/more/")
    time.sleep(3)  # what S3 tells is delivered a little later
    deployed.run("cloud", "advance", "30m")
    assert len(runs(deployed)) == before + 1


def test_an_alarm_starts_a_run(deployed: tiny.TinyEnvironment) -> None:
    before = len(runs(deployed))
    watch = EmbeddedCloud(deployed.folder / ".mlops-iac/cloud").clients("eu-west-1")("cloudwatch")
    watch.put_metric_alarm(
        AlarmName="my-drift",
        Namespace="drift",
        MetricName="worst",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.2,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    watch.put_metric_data(Namespace="drift", MetricData=[{"MetricName": "worst", "Value": 0.1}])
    deployed.run("cloud", "advance", "5m")
    assert len(runs(deployed)) == before
    watch.put_metric_data(Namespace="drift", MetricData=[{"MetricName": "worst", "Value": 0.5}])
    time.sleep(3)
    deployed.run("cloud", "advance", "15m")  # two alarms at once would start one run
    assert len(runs(deployed)) == before + 1


def test_without_its_right_to_start_no_trigger_starts_a_run(deployed: tiny.TinyEnvironment) -> None:
    before = len(runs(deployed))
    clients = EmbeddedCloud(deployed.folder / ".mlops-iac/cloud").clients("eu-west-1")
    (role,) = (one["RoleName"] for one in clients("iam").list_roles()["Roles"] if "starter" in one["RoleName"])
    with without_right(clients, role, "TrainingStart"):
        deployed.run("cloud", "advance", "1d")
        assert len(runs(deployed)) == before
    deployed.run("cloud", "advance", "1d")
    assert len(runs(deployed)) > before


def test_a_trigger_that_cannot_be_is_refused_with_its_line(deployed: tiny.TinyEnvironment) -> None:
    file = deployed.folder / "stacks/Pulumi.tiny-dev.yaml"
    right = file.read_text()
    try:
        file.write_text(right.replace("cron(0 6 * * ? *)", "every day"))
        said = deployed.run("preview", "tiny-dev", code=2)
        assert "stacks/Pulumi.tiny-dev.yaml:10  options.triggers.nightly.when" in said
        assert "It is no schedule" in said
    finally:
        file.write_text(right)


def test_destroying_leaves_nothing_that_fires(deployed: tiny.TinyEnvironment) -> None:
    deployed.run("destroy", "tiny-dev", "--yes")
    told = json.loads(deployed.run("cloud", "advance", "2d", "--json"))
    assert told["fired"] == []


SECOND = """parameters:
  data: {{type: prefix, default: raw/}}
steps:
  check: {{kind: processing, script: validate.py, inputs: {{data: parameters.data}},
    outputs: {{data: {{zone: curated}}}}}}
triggers:
  chained: {{kind: after, pipeline: {after}}}
"""


@pytest.mark.parametrize("target", [FIRST, pytest.param("airflow", marks=pytest.mark.nightly)])
def test_a_pipeline_follows_another_and_never_itself(target: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with tiny.tiny_environment(tmp_path_factory.mktemp("after"), target) as made:
        folder = made.folder / "examples/tiny/pipelines"
        folder.mkdir()
        (folder / "second.yaml").write_text(SECOND.format(after="second"))
        said = made.run("up", "tiny-dev", "--yes", code=2)
        assert "examples/tiny/pipelines/second.yaml:7  triggers.chained.pipeline" in said
        assert "second → second" in said
        (folder / "second.yaml").write_text(SECOND.format(after="training"))
        made.run("up", "tiny-dev", "--yes")
        made.run("run", "tiny-dev", "second", "--push")
        made.run("run", "tiny-dev", "--follow")
        made.run("cloud", "advance", "1m")
        assert [(run["pipeline"], run["status"]) for run in runs(made)] == [
            ("second", "succeeded"),
            ("training", "succeeded"),
        ]
