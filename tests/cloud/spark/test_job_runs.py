"""Job runs: what they are given, what they leave, how they end, with whose rights."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.cloud.spark.conftest import BUCKET, Lake

pytestmark = pytest.mark.usefixtures("light")

COPY = """
import pathlib, sys
from urllib.parse import urlsplit
source, target = (pathlib.Path(urlsplit(one).path) for one in sys.argv[1:3])
target.mkdir(parents=True, exist_ok=True)
for file in source.glob("*.csv"):
    (target / file.name).write_text(file.read_text().upper())
    (target / f".{file.name}.crc").write_text("a checksum of Hadoop's")
print("copied")
"""


def test_a_script_is_given_folders_for_its_uris_and_what_it_leaves_is_stored(lake: Lake) -> None:
    lake.put("raw/in/a.csv", "x,y\n")
    source, target = f"s3://{BUCKET}/raw/in/", f"s3://{BUCKET}/curated/copied/"
    id = lake.start(COPY, source, target, name="copy", tags={"team": "screening"})
    job = lake.wait(id)
    assert (job["state"], job["name"], job["tags"]) == ("SUCCESS", "copy", {"team": "screening"})
    assert job["jobDriver"]["sparkSubmit"]["entryPointArguments"] == [source, target]
    assert lake.keys("curated/copied/") == ["curated/copied/a.csv"]
    assert lake.read("curated/copied/a.csv") == "X,Y\n"
    assert lake.log(id, "stdout") == "copied"
    assert "submitted: --master local[*]" in lake.log(id, "stderr")


def test_what_a_job_changes_and_deletes_is_changed_and_deleted(lake: Lake) -> None:
    for name in ("kept", "changed", "deleted"):
        lake.put(f"curated/state/{name}", name)
    kept = lake.s3.head_object(Bucket=BUCKET, Key="curated/state/kept")["LastModified"]
    script = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1].removeprefix("file://"))
(folder / "changed").write_text("another text")
(folder / "deleted").unlink()
"""
    assert lake.run(script, f"s3://{BUCKET}/curated/state")["state"] == "SUCCESS"
    assert lake.keys("curated/state") == ["curated/state/changed", "curated/state/kept"]
    assert lake.s3.head_object(Bucket=BUCKET, Key="curated/state/kept")["LastModified"] == kept


def test_archives_are_unpacked_where_the_job_starts_and_variables_are_set(lake: Lake) -> None:
    archive = lake.archive("code/parts.tar.gz", {"helper.py": "WORD = 'helped'"})
    script = "import os, sys; sys.path.insert(0, 'parts'); import helper; print(helper.WORD, os.environ['STAGE'])"
    id = lake.start(
        script,
        parameters=f"--conf spark.archives={archive}#parts --conf spark.emr-serverless.driverEnv.STAGE=dev "
        "--conf spark.executor.cores=4 --conf spark.sql.shuffle.partitions=7",
    )
    assert lake.wait(id)["state"] == "SUCCESS", lake.log(id, "stderr")
    assert lake.log(id, "stdout") == "helped dev"
    told = lake.log(id, "stderr")
    assert "spark.sql.shuffle.partitions=7" in told
    assert "spark.executor.cores" not in told


def test_a_script_that_fails_says_why(lake: Lake) -> None:
    job = lake.run("raise ValueError('no rows')")
    assert job["state"] == "FAILED"
    assert "ExitCode: 1" in job["stateDetails"]
    assert "ValueError: no rows" in job["stateDetails"]


def test_a_job_may_do_what_its_role_may(lake: Lake) -> None:
    lake.put("models/secret.csv", "a")
    read = lake.run("pass", f"s3://{BUCKET}/models/")
    assert read["state"] == "FAILED"
    assert "s3:GetObject" in read["stateDetails"]
    write = lake.run(COPY, f"s3://{BUCKET}/raw/in/", f"s3://{BUCKET}/models/copied/")
    assert write["state"] == "FAILED"
    assert lake.keys("models/") == ["models/secret.csv"]


def test_a_job_is_cancelled_and_its_application_cannot_be_stopped_before(lake: Lake) -> None:
    id = lake.start("import time; time.sleep(600)")
    lake.wait(id, "RUNNING")
    with pytest.raises(ClientError, match="in progress"):
        lake.emr.stop_application(applicationId=lake.application)
    lake.emr.cancel_job_run(applicationId=lake.application, jobRunId=id)
    assert lake.wait(id)["state"] == "CANCELLED"
    with pytest.raises(ClientError, match="cannot be cancelled"):
        lake.emr.cancel_job_run(applicationId=lake.application, jobRunId=id)


def test_a_request_that_is_sent_again_begins_no_second_job(lake: Lake) -> None:
    first, again = (lake.start("pass", clientToken="one-and-the-same") for _ in range(2))
    assert first == again
    lake.wait(first)
    listed = lake.emr.list_job_runs(applicationId=lake.application, states=["SUCCESS"])["jobRuns"]
    assert [one["id"] for one in listed].count(first) == 1
    assert {"arn", "createdBy", "executionRole", "releaseLabel"} <= listed[0].keys()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"mode": "STREAMING"}, "NotImplemented"),
        ({"executionTimeoutMinutes": 1}, "at least 5 minutes"),
        ({"jobDriver": {"hive": {"query": "s3://b/q.sql"}}}, "NotImplemented"),
        ({"jobDriver": {"sparkSubmit": {"entryPoint": "s3://b/job.jar"}}}, "NotImplemented"),
        ({"executionRoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role"),
        ({"applicationId": "00absent"}, "ResourceNotFoundException"),
    ],
)
def test_what_cannot_be_is_refused(lake: Lake, asked: dict[str, object], error: str) -> None:
    with pytest.raises(ClientError, match=error):
        lake.start("pass", **asked)


def test_there_is_no_dashboard(lake: Lake) -> None:
    id = lake.start("pass")
    with pytest.raises(ClientError, match="no Spark UI"):
        lake.emr.get_dashboard_for_job_run(applicationId=lake.application, jobRunId=id)
