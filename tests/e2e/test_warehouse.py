"""A warehouse from end to end: filled from the lake, asked by a pipeline in its own role, its answers held to rules."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project
from tests.support.leftovers import find_leftovers
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import STACK
from tests.support.tiny_team import write_tiny_team

pytestmark = [pytest.mark.slow, pytest.mark.runs("query", on=TARGETS)]

ASKING = """
parameters:
  shop: {type: string, default: a, allowed: [a, b]}
  least: {type: number, default: 0}
steps:
  ask:
    kind: query
    source: warehouse
    sql: SELECT shop, units FROM sales WHERE shop = ? AND units >= ? AND shop <> 'it''s' -- and no more
    values: [parameters.shop, parameters.least]
    zone: features
  rules:
    kind: quality
    data: ask.rows
    rows_at_least: 2
    columns:
      shop: {complete: 1, allowed: [a, b]}
      units: {unique: true, at_least: 1}
"""


def ask(environment: DeployedEnvironment, sql: str) -> dict[str, Any]:
    data, client = environment.clients("redshift-data"), environment.environment.services["warehouse"].client
    id = data.execute_statement(WorkgroupName=client["MLOPS_IAC_WAREHOUSE"], Sql=sql)["Id"]
    deadline = time.monotonic() + 60
    while (told := data.describe_statement(Id=id, WaitTimeSeconds=5))["Status"] not in ("FINISHED", "FAILED"):
        assert time.monotonic() < deadline
    return dict(told)


def fill(environment: DeployedEnvironment) -> None:
    bucket = environment.environment.lake.bucket
    role = environment.environment.services["warehouse"].client["MLOPS_IAC_WAREHOUSE_ROLE"]
    for sql in (
        "CREATE TABLE sales (shop VARCHAR(8), units INT)",
        f"COPY sales FROM 's3://{bucket}/raw/' IAM_ROLE '{role}' CSV IGNOREHEADER 1",
    ):
        assert ask(environment, sql)["Status"] == "FINISHED"


@pytest.fixture(params=EACH_TARGET)
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DeployedEnvironment]:
    root = make_project(tmp_path / "project")
    for stack_file in (root / "stacks").iterdir():
        stack_file.unlink()
    code = write_tiny_team(root)
    (code / "pipelines").mkdir()
    (code / "pipelines/asking.yaml").write_text(ASKING.lstrip())
    text = STACK.format(target=request.param, blueprint="tabular-batch").rstrip()
    (root / "stacks/Pulumi.tiny-dev.yaml").write_text(f"{text}\n    warehouse: {{}}\n")
    data = root / "sales"
    data.mkdir()
    (data / "sales.csv").write_text("shop,units\na,3\na,9\nb,5\nb,5\na,1\n")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    cloud = EmbeddedCloud(home / "cloud")
    cloud.start()
    try:
        made = bring_up(EmbeddedBackend(root, "tiny-dev", home=home))
        made.put(data)
        yield made
    finally:
        cloud.stop()


def test_a_pipeline_asks_the_warehouse_and_its_answer_is_held_to_rules(environment: DeployedEnvironment) -> None:
    fill(environment)
    run = environment.run("asking")
    assert run.status == "failed"
    assert "permission denied for relation sales" in str(run.error)
    assert ask(environment, "GRANT SELECT ON sales TO PUBLIC")["Status"] == "FINISHED"
    run = environment.run("asking", {"least": 2})
    assert run.status == "succeeded", run.error
    bucket = environment.environment.lake.bucket
    key = f"features/{run.id}/ask/0000_part_00.json"
    body = environment.clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert sorted(json.loads(line)["units"] for line in body.splitlines()) == [3, 9]
    run = environment.run("asking", {"shop": "b"})
    assert run.status == "failed"
    assert "units.unique: 1 values again, must be none" in str(run.error)
    clients = environment.clients
    environment.destroy()
    assert find_leftovers(clients, "tiny-dev") == []
