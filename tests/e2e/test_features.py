"""Features on each orchestrator: put, joined as of a time, compared; and who lacks a right gets nowhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.features import get_records
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import CHECKOUT, make_project
from tests.support.rights import without_right
from tests.support.targets import EACH_TARGET

pytestmark = [
    pytest.mark.slow,
    pytest.mark.runs("ingest", on=TARGETS),  # kind: ingest
    pytest.mark.runs("point_in_time", on=TARGETS),  # kind: point_in_time
    pytest.mark.runs("feature_skew", on=TARGETS),  # kind: feature_skew
]

LOOK = """
steps:
  put: {kind: ingest, rows: parameters.rows}
  history: {kind: point_in_time, labels: firm_labels, time: asked_at, after: [put]}
  check: {kind: feature_skew, after: [put]}
parameters:
  rows: {type: prefix, default: raw/rows/}
"""
HEAD = {"market": "firm,known_at,value\n", "books": "firm,published_at,invest,capital,year\n"}


@pytest.fixture(scope="module", params=EACH_TARGET)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedEnvironment]:
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    root = make_project(tmp_path_factory.mktemp("features") / "project")
    written = (CHECKOUT / "examples/grunfeld/Pulumi.grunfeld-dev.yaml").read_text()
    text = written.replace("  mlops-iac:options:\n", f"  mlops-iac:options:\n    orchestrator: {request.param}\n")
    (root / "stacks/Pulumi.grunfeld-dev.yaml").write_text(text)
    (root / "examples/grunfeld/pipelines").mkdir()
    (root / "examples/grunfeld/pipelines/look.yaml").write_text(LOOK)
    cloud = EmbeddedCloud(home / "cloud")
    cloud.start()
    yield bring_up(EmbeddedBackend(root, "grunfeld-dev", home=home))
    cloud.stop()


def put(deployed: DeployedEnvironment, folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    deployed.put(folder / name, f"raw/{folder.name}")


def content(deployed: DeployedEnvironment, key: str) -> bytes:
    got = deployed.clients("s3").get_object(Bucket=deployed.environment.lake.bucket, Key=key)
    found: bytes = got["Body"].read()
    return found


def look(deployed: DeployedEnvironment) -> Any:
    run = deployed.run("look")
    assert run.status == "succeeded", run.error
    return run


def test_rows_are_put_joined_and_compared(deployed: DeployedEnvironment, tmp_path: Path) -> None:
    rows, labels = tmp_path / "rows", tmp_path / "labels"
    put(deployed, rows, "market.csv", HEAD["market"] + "ibm,1940-12-31T00:00:00Z,10.5\nibm,1941-12-31T00:00:00Z,20\n")
    put(deployed, rows, "books.csv", HEAD["books"] + "ibm,1941-03-31T00:00:00Z,1,2,1940\n")
    asked = ("1940-12-30T00:00:00Z", "1941-01-01T00:00:00Z", "1942-01-01T00:00:00Z")
    put(deployed, labels, "labels.csv", "firm,asked_at,invest_next\n" + "".join(f"ibm,{at},1\n" for at in asked))
    run = look(deployed)
    history = csv.DictReader(io.StringIO(content(deployed, f"features/{run.id}/history/rows.csv").decode()))
    assert [(one["value"], one["capital"]) for one in history] == [("", ""), ("10.5", ""), ("20.0", "2.0")]
    assert (run.metrics["rows"], run.metrics["skew"], run.metrics["compared"]) == (3, 0, 2)
    known = get_records(deployed.environment, deployed.clients, "market", ["ibm"])["ibm"]
    assert known == {"firm": "ibm", "known_at": "1941-12-31T00:00:00Z", "value": "20"}


def test_what_differs_online_is_skew(deployed: DeployedEnvironment) -> None:
    """A record that somebody put online only, over what the history says."""
    group = deployed.environment.feature_groups["market"].name
    values = {"firm": "ibm", "known_at": "1941-12-31T00:00:00Z", "value": "21"}
    runtime = deployed.clients("sagemaker-featurestore-runtime")
    named = {"FeatureGroupName": group, "RecordIdentifierValueAsString": "ibm"}
    runtime.delete_record(
        **named, EventTime="1942-01-01T00:00:00Z", DeletionMode="HardDelete", TargetStores=["OnlineStore"]
    )
    record = [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
    runtime.put_record(FeatureGroupName=group, Record=record, TargetStores=["OnlineStore"])
    run = look(deployed)
    assert (run.metrics["skew"], run.metrics["different"]) == (0.5, 1)
    report = json.loads(content(deployed, f"models/{run.id}/check/report.json"))
    assert report["market"]["shown"] == [{"record": "ibm", "is": "different", "feature": "value"}]


def test_a_row_that_is_refused_ends_the_run_with_its_line(deployed: DeployedEnvironment, tmp_path: Path) -> None:
    put(deployed, tmp_path / "rows", "market.csv", HEAD["market"] + "ibm,1950-12-31T00:00:00Z,much\n")
    run = deployed.run("look")
    assert run.status == "failed"
    assert "market.csv:2" in str(run.error)
    assert "[value] is of type Fractional; its value [much] is not" in str(run.error)
    put(deployed, tmp_path / "rows", "market.csv", HEAD["market"] + "ibm,1950-12-31T00:00:00Z,1\n")


RIGHTS = (
    ("features-worker-role", "FeaturesWrite", "sagemaker:PutRecord"),
    ("features-worker-role", "FeaturesOpen", "kms:Decrypt"),
    ("features-worker-role", "FeaturesRead", "sagemaker:BatchGetRecord"),
    ("features-worker-role", "LakeQuery", "athena:StartQueryExecution"),
)


@pytest.mark.parametrize(("role", "sid", "action"), RIGHTS, ids=[sid for _, sid, _ in RIGHTS])
def test_without_its_right_the_function_gets_nowhere(
    deployed: DeployedEnvironment, role: str, sid: str, action: str
) -> None:
    with without_right(deployed.clients, f"grunfeld-dev-{role}", sid):
        run = deployed.run("look")
    assert run.status == "failed"
    assert action in str(run.error)
