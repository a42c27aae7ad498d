"""An adopted Snowflake is asked by a query step on each orchestrator: Snowflake's own connector in the job, a server
that it takes for Snowflake, the secret fetched in the job, the answer in the lake."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.logs import read_logs
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project
from tests.support.hand_made import REGION, make_way_out
from tests.support.snowflake_server import PASSWORD, USER, snowflake_server
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import STACK
from tests.support.tiny_team import write_tiny_team

pytestmark = [pytest.mark.slow, pytest.mark.runs("query", "quality", on=TARGETS)]

ASKING = """
parameters:
  shop: {type: string, default: a}
  least: {type: number, default: 2}
steps:
  ask:
    kind: query
    source: external.snow
    sql: |
      -- Anybody's text is a value, and none of the SQL.
      SELECT shop, units, price FROM sales
      WHERE shop = ? AND units >= ? AND shop <> ? ORDER BY units
    values: [parameters.shop, parameters.least, "it's"]
    zone: features
    format: parquet
    max_minutes: 10
  rules:
    kind: quality
    data: ask.rows
    rows_at_least: 2
    columns:
      SHOP: {complete: 1, allowed: [a, b]}
      UNITS: {unique: true, at_least: 1}
"""
OPTIONS = """    adopt: {{network: {network}}}
    external:
      snow:
        {{kind: snowflake, account: acme, user: {user}, database: ML, schema: PUBLIC, secret: acme/snow,
          address: "{address}"}}
"""
FILLED = (
    "CREATE DATABASE ml",
    "CREATE SCHEMA IF NOT EXISTS ml.public",
    "CREATE TABLE ml.public.sales (shop VARCHAR, units INT, price NUMBER(10, 2))",
    "INSERT INTO ml.public.sales VALUES ('a', 3, 1.25), ('a', 9, 2.5), ('b', 5, 1), ('b', 5, 1), ('a', 1, 4)",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with snowflake_server(tmp_path_factory.mktemp("snowflake") / "env", *FILLED) as found:
        yield found


@pytest.fixture(params=EACH_TARGET)
def environment(request: pytest.FixtureRequest, tmp_path: Path, address: str) -> Iterator[DeployedEnvironment]:
    root = make_project(tmp_path / "project")
    for stack_file in (root / "stacks").iterdir():
        stack_file.unlink()
    code = write_tiny_team(root)
    (code / "pipelines").mkdir()
    (code / "pipelines/asking.yaml").write_text(ASKING.lstrip())
    (code / "requirements.txt").write_text("snowflake-connector-python<5\n")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    cloud = EmbeddedCloud(home / "cloud")
    cloud.start()
    try:
        network = json.dumps(make_way_out(cloud.clients(REGION)("ec2")))
        text = STACK.format(target=request.param, blueprint="tabular-batch").rstrip()
        more = OPTIONS.format(network=network, user=USER, address=address)
        (root / "stacks/Pulumi.tiny-dev.yaml").write_text(f"{text}\n{more}")
        yield bring_up(EmbeddedBackend(root, "tiny-dev", home=home))
    finally:
        cloud.stop()


def test_a_pipeline_asks_snowflake_and_its_answer_is_held_to_rules(environment: DeployedEnvironment) -> None:
    run = environment.run("asking")
    assert run.status == "failed"
    log = "\n".join(line.text for line in read_logs(environment.clients, run, "ask"))
    assert "The secret `acme/snow` is not there, or this job may not read it" in log
    secrets: Any = environment.clients("secretsmanager")
    secrets.create_secret(Name="acme/snow", SecretString=json.dumps({"password": PASSWORD}))

    run = environment.run("asking")
    assert run.status == "succeeded", run.error
    assert rows(environment, run.id) == [("a", 3, 1.25), ("a", 9, 2.5)]
    run = environment.run("asking", {"shop": "b' OR '1'='1", "least": 0})
    assert run.status == "failed"
    assert rows(environment, run.id) == [], "a value is no SQL"
    run = environment.run("asking", {"shop": "b"})
    assert "units.unique" in str(run.error).lower()

    sagemaker: Any = environment.clients("sagemaker")
    jobs = [
        sagemaker.describe_processing_job(ProcessingJobName=one["ProcessingJobName"])
        for one in sagemaker.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
    ]
    assert PASSWORD not in json.dumps(jobs, default=str)
    asked = [one for one in jobs if "MLOPS_IAC_FETCH_1" in one["Environment"]]
    assert len(asked) == 4
    assert not any(one["NetworkConfig"]["EnableNetworkIsolation"] for one in asked)
    assert all(one["NetworkConfig"]["EnableNetworkIsolation"] for one in jobs if one not in asked)


def rows(environment: DeployedEnvironment, run: str) -> list[tuple[Any, ...]]:
    bucket, prefix = environment.environment.lake.bucket, f"features/{run}/ask/"
    s3: Any = environment.clients("s3")
    found = []
    for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        file = environment.backend.home / "answer.parquet"
        file.write_bytes(io.BytesIO(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()).getvalue())
        found += duckdb.sql(f"SELECT shop, units, price::DOUBLE FROM '{file}'").fetchall()
    return found
