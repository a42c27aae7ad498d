"""Applications: what they are made of, and in which state they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud.spark import applications
from tests.cloud.spark.conftest import Lake

pytestmark = pytest.mark.usefixtures("light")


def test_an_application_is_started_by_its_first_job_and_stops_when_it_is_idle(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = {"applicationId": lake.application}
    assert lake.emr.get_application(**name)["application"]["state"] == "CREATED"
    lake.run("pass")
    assert lake.emr.get_application(**name)["application"]["state"] == "STARTED"
    with pytest.raises(ClientError, match=r"must be in one of the following statuses \[CREATED, STOPPED\]"):
        lake.emr.delete_application(**name)
    monkeypatch.setattr(applications, "now", lambda: datetime.now(UTC) + timedelta(minutes=16))
    assert lake.emr.list_applications()["applications"][0]["state"] == "STOPPED"
    lake.emr.update_application(**name, releaseLabel="emr-7.9.0")
    lake.emr.delete_application(**name)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        lake.emr.get_application(**name)


def test_one_that_does_not_start_by_itself_is_started_first(lake: Lake) -> None:
    made = lake.emr.create_application(
        type="SPARK", releaseLabel="emr-7.9.0", autoStartConfiguration={"enabled": False}
    )
    lake.application = made["applicationId"]
    with pytest.raises(ClientError, match="auto start is disabled"):
        lake.start("pass")
    lake.emr.start_application(applicationId=lake.application)
    assert lake.run("pass")["state"] == "SUCCESS"
    lake.emr.stop_application(applicationId=lake.application)
    lake.emr.delete_application(applicationId=lake.application)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"releaseLabel": "emr-9.9.9"}, "release label 'emr-9.9.9'"),
        ({"type": "HIVE"}, "NotImplemented"),
        ({"imageConfiguration": {"imageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"}}, "NotImplemented"),
    ],
)
def test_what_cannot_be_is_refused(lake: Lake, asked: dict[str, object], error: str) -> None:
    with pytest.raises(ClientError, match=error):
        lake.emr.create_application(**{"type": "SPARK", "releaseLabel": "emr-7.11.0", **asked})


def test_tags_of_applications_and_jobs_change(lake: Lake) -> None:
    made = lake.emr.create_application(type="SPARK", releaseLabel="emr-7.9.0", tags={"team": "a", "old": "yes"})
    lake.application = made["applicationId"]
    id = lake.start("pass", tags={"run": "1"})
    job = lake.wait(id)["arn"]
    lake.emr.tag_resource(resourceArn=made["arn"], tags={"team": "b"})
    lake.emr.untag_resource(resourceArn=made["arn"], tagKeys=["old"])
    lake.emr.tag_resource(resourceArn=job, tags={"seen": "yes"})
    assert lake.emr.list_tags_for_resource(resourceArn=made["arn"])["tags"] == {"team": "b"}
    assert lake.emr.list_tags_for_resource(resourceArn=job)["tags"] == {"run": "1", "seen": "yes"}
