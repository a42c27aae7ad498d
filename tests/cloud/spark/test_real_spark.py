"""Spark itself, in the environment of a release. It takes a Java, which CI has."""

from __future__ import annotations

import pytest

from mlops_iac.core.java import lack
from tests.cloud.spark.conftest import BUCKET, Lake

SCRIPT = """
import sys

from pyspark.sql import SparkSession, functions

sys.path.insert(0, "parts")
from helper import double

spark = SparkSession.builder.getOrCreate()
rows = spark.read.csv(sys.argv[1], header=True, inferSchema=True)
doubled = functions.udf(double, "int")
rows.withColumn("twice", doubled("x")).groupBy("label").sum("twice").write.json(sys.argv[2])
print("spark", spark.version)
"""


@pytest.mark.slow
@pytest.mark.skipif(bool(lack()), reason=lack())
def test_pyspark_reads_and_writes_and_its_workers_have_the_teams_modules(lake: Lake) -> None:
    lake.put("raw/in/a.csv", "label,x\na,1\nb,2\na,3\n")
    archive = lake.archive("code/parts.tar.gz", {"helper.py": "def double(x):\n    return 2 * x\n"})
    id = lake.start(
        SCRIPT,
        f"s3://{BUCKET}/raw/in/",
        f"s3://{BUCKET}/curated/sums/",
        parameters=f"--conf spark.archives={archive}#parts --conf spark.executorEnv.PYTHONPATH=parts",
    )
    assert lake.wait(id)["state"] == "SUCCESS", lake.log(id, "stderr")
    keys = lake.keys("curated/sums/")
    assert "curated/sums/_SUCCESS" in keys
    rows = "".join(lake.read(key) for key in keys)
    assert sorted(rows.splitlines()) == ['{"label":"a","sum(twice)":8}', '{"label":"b","sum(twice)":4}']
    assert lake.log(id, "stdout").splitlines()[-1] == "spark 3.5.6"
