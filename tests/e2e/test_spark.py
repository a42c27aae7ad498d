"""Spark from end to end: a pipeline sums up data on EMR Serverless, and what it leaves is held to rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.java import lack
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.logs import read_logs
from mlops_iac.testing.deployed import DeployedEnvironment, bring_up
from tests.conftest import make_project
from tests.support.leftovers import find_leftovers
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import STACK
from tests.support.tiny_team import write_tiny_team

pytestmark = [
    pytest.mark.slow,
    pytest.mark.runs("spark", on=TARGETS),
    pytest.mark.skipif(bool(lack()), reason=lack()),
]

SUMMING = """
parameters:
  data: {type: prefix, default: raw/}
  least: {type: number, default: 2}
steps:
  sum:
    kind: spark
    script: jobs/sum.py
    inputs: {data: parameters.data}
    outputs: {sums: {zone: curated, folder: sums}}
    arguments: {least: parameters.least, column: units}
    conf: {spark.sql.shuffle.partitions: "2"}
    executors: 2
  rules:
    kind: quality
    data: sum.sums
    rows_at_least: 2
    columns:
      total: {complete: 1, at_least: 1}
"""
SCRIPT = """
import argparse

from pyspark.sql import SparkSession, functions

from words import NAME

parser = argparse.ArgumentParser()
for name in ("data", "sums", "least", "column"):
    parser.add_argument(f"--{name}", required=True)
asked = parser.parse_args()
spark = SparkSession.builder.getOrCreate()
rows = spark.read.csv(asked.data, header=True, inferSchema=True).where(f"{asked.column} >= {asked.least}")
rows.groupBy("shop").agg(functions.sum(asked.column).alias(NAME)).write.json(asked.sums)
print("summed", rows.count(), "rows")
"""


@pytest.fixture(params=EACH_TARGET)
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DeployedEnvironment]:
    root = make_project(tmp_path / "project")
    for stack_file in (root / "stacks").iterdir():
        stack_file.unlink()
    code = write_tiny_team(root)
    for folder in ("pipelines", "jobs"):
        (code / folder).mkdir()
    (code / "pipelines/summing.yaml").write_text(SUMMING.lstrip())
    (code / "jobs/sum.py").write_text(SCRIPT.lstrip())
    (code / "words.py").write_text('NAME = "total"\n')
    text = STACK.format(target=request.param, blueprint="tabular-batch").rstrip()
    (root / "stacks/Pulumi.tiny-dev.yaml").write_text(f"{text}\n    spark: {{}}\n")
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


def test_a_pipeline_sums_up_data_on_spark_and_destroying_stops_the_application(
    environment: DeployedEnvironment,
) -> None:
    run = environment.run("summing")
    assert run.status == "succeeded", run.error
    bucket, s3 = environment.environment.lake.bucket, environment.clients("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"curated/{run.id}/sums/")["Contents"]
    bodies = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode() for one in listed]
    assert sorted("".join(bodies).splitlines()) == ['{"shop":"a","total":12}', '{"shop":"b","total":10}']
    assert "summed 4 rows" in [line.text for line in read_logs(environment.clients, run, "sum")]
    clients = environment.clients
    environment.destroy()
    assert find_leftovers(clients, "tiny-dev") == []
