"""Schedules that really fire: as time goes by, when the clock is moved on, and over a crash. Each run of these tests
is a cloud of its own process, because its clock is a process's."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.clients import Clients
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.errors import CloudError
from tests.support.roles import allow, make_role

REGION = "eu-west-1"
QUEUE = f"arn:aws:sqs:{REGION}:123456789012:heard"
DAY = timedelta(days=1)
SAID = json.dumps({"due": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>"})


class World:
    """A cloud with a queue that hears what fires."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.cloud = cloud
        cloud.start()
        self.url = self.clients("sqs").create_queue(
            QueueName="heard", Attributes={"MessageRetentionPeriod": "1209600"}
        )["QueueUrl"]
        send = allow("sqs:SendMessage", "sqs:GetQueueUrl", on=QUEUE)
        self.role = make_role(self.clients, "sender", send, services=("scheduler", "events"))

    @property
    def clients(self) -> Clients:
        return self.cloud.clients(REGION)

    def schedule(self, name: str, expression: str, zone: str = "UTC", said: str = SAID, **more: Any) -> None:
        self.clients("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=expression,
            ScheduleExpressionTimezone=zone,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": QUEUE, "RoleArn": self.role, "Input": said},
            **more,
        )

    def heard(self) -> list[Any]:
        """What came since the last time that somebody asked."""
        found = []
        sqs = self.clients("sqs")
        while messages := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def dues(self) -> list[str]:
        return [each["due"] for each in self.heard()]

    def now(self) -> datetime:
        """What the cloud says the time is."""
        clock = self.cloud.status()["clock"]
        self.ahead = timedelta(seconds=clock["ahead_seconds"])
        return datetime.strptime(clock["now"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)

    def kill(self) -> None:
        running = self.cloud.find()
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: self.cloud.find() is None)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    cloud = EmbeddedCloud(tmp_path_factory.mktemp("home") / "cloud")
    yield World(cloud)
    cloud.stop()


@pytest.fixture(autouse=True)
def without_schedules(world: World) -> Iterator[None]:
    yield
    world.cloud.start()
    client = world.clients("scheduler")
    for schedule in client.list_schedules()["Schedules"]:
        client.delete_schedule(Name=schedule["Name"])
    world.heard()


def until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_week_passes_in_a_moment_and_each_day_fires_at_its_time(world: World) -> None:
    world.schedule("daily", "cron(0 6 * * ? *)")
    before = world.now()
    told = world.cloud.advance(7 * DAY)
    dues = world.dues()
    assert dues == sorted(dues)
    assert len(dues) == 7
    assert all(due.endswith("T06:00:00Z") for due in dues)
    assert [fired["time"][:19] + "Z" for fired in told["fired"]] == dues
    assert timedelta() <= world.now() - before - 7 * DAY < timedelta(minutes=5)


def test_what_several_schedules_want_comes_in_order(world: World) -> None:
    world.schedule("hourly", "cron(0 * * * ? *)", said='{"due": "hourly <aws.scheduler.scheduled-time>"}')
    world.schedule("half", "cron(30 * * * ? *)", said='{"due": "half <aws.scheduler.scheduled-time>"}')
    world.cloud.advance(timedelta(hours=3))
    dues = world.dues()
    assert len(dues) == 6
    assert [due.split()[1] for due in dues] == sorted(due.split()[1] for due in dues)
    assert {due.split()[0] for due in dues} == {"hourly", "half"}


def test_it_goes_by_the_time_zone_of_the_schedule(world: World) -> None:
    world.schedule("in-kolkata", "cron(0 6 * * ? *)", "Asia/Kolkata")
    world.cloud.advance(DAY)
    assert [due[10:] for due in world.dues()] == ["T00:30:00Z"]


def test_a_rate_fires_when_it_is_made_and_then_by_its_rate(world: World) -> None:
    world.schedule("rated", "rate(6 hours)")
    world.cloud.advance(timedelta(hours=13))
    assert len(world.dues()) == 3


def test_time_that_goes_by_fires_too(world: World) -> None:
    soon = world.now() + timedelta(seconds=2)
    world.schedule("soon", f"at({soon:%Y-%m-%dT%H:%M:%S})", ActionAfterCompletion="DELETE")
    heard: list[str] = []
    until(lambda: bool(heard.extend(world.dues()) or heard))
    assert heard == [f"{soon:%Y-%m-%dT%H:%M:%SZ}"]
    until(lambda: not world.clients("scheduler").list_schedules()["Schedules"])


def test_a_schedule_that_is_disabled_or_over_fires_nothing(world: World) -> None:
    world.schedule("off", "cron(0 6 * * ? *)", State="DISABLED")
    world.schedule("over", "cron(0 6 * * ? *)", EndDate=world.now() + timedelta(minutes=1))
    world.schedule("later", "cron(0 6 * * ? *)", StartDate=world.now() + 2 * DAY)
    told = world.cloud.advance(4 * DAY)
    assert {fired["what"].rsplit("/", 1)[-1] for fired in told["fired"]} <= {"later"}
    assert len(world.dues()) == 2


def test_without_the_right_nothing_is_delivered(world: World) -> None:
    nobody = make_role(world.clients, "nobody", allow("sqs:GetQueueUrl"), services=("scheduler",))
    world.role, role = nobody, world.role
    world.schedule("denied", "cron(0 6 * * ? *)")
    world.role = role
    told = world.cloud.advance(DAY)
    assert len(told["fired"]) == 1
    assert world.heard() == []
    assert "sqs:SendMessage" in (world.cloud.home / "cloud.log").read_text()


def test_a_rule_with_a_rate_counts_from_when_it_was_put(world: World) -> None:
    events = world.clients("events")
    events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")
    events.put_targets(Rule="hourly", Targets=[{"Id": "q", "Arn": QUEUE, "RoleArn": world.role}])
    world.cloud.advance(timedelta(minutes=150))
    heard = world.heard()
    assert [each["detail-type"] for each in heard] == ["Scheduled Event"] * 2
    assert heard[0]["source"] == "aws.events"
    assert heard[0]["resources"][0].endswith("rule/hourly")
    events.disable_rule(Name="hourly")
    world.cloud.advance(timedelta(hours=2))
    assert world.heard() == []


def test_what_was_answered_survives_a_kill(world: World) -> None:
    world.schedule("daily", "cron(0 6 * * ? *)")
    told = world.cloud.advance(DAY)
    assert len(world.dues()) == 1
    world.cloud.save()
    world.kill()
    world.cloud.start()
    later = datetime.strptime(told["now"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    assert world.now() >= later, "the clock never goes back"
    assert world.dues() == [], "what has fired does not fire again"
    world.cloud.advance(DAY)
    assert len(world.dues()) == 1


def test_what_was_due_while_it_was_stopped_fires_once(world: World) -> None:
    soon = world.now() + timedelta(seconds=3)
    world.schedule("missed", f"at({soon:%Y-%m-%dT%H:%M:%S})")
    world.cloud.stop()
    until(lambda: datetime.now(UTC) + world.ahead > soon)
    world.cloud.start()
    heard: list[str] = []
    until(lambda: bool(heard.extend(world.dues()) or heard))
    assert heard == [f"{soon:%Y-%m-%dT%H:%M:%SZ}"]


def test_all_that_the_cloud_says_goes_by_its_clock(world: World) -> None:
    world.cloud.advance(30 * DAY)
    now = world.now()
    bucket = {"Bucket": "clocked", "CreateBucketConfiguration": {"LocationConstraint": REGION}}
    world.clients("s3").create_bucket(**bucket)
    world.clients("s3").put_object(Bucket="clocked", Key="a", Body=b"")
    written = world.clients("s3").head_object(Bucket="clocked", Key="a")
    assert written["LastModified"] >= now
    assert written["ResponseMetadata"]["HTTPHeaders"]["date"].startswith(f"{now:%a, %d %b %Y}")


@pytest.mark.parametrize(
    ("expression", "zone", "why"),
    [
        ("daily", "UTC", "Invalid Schedule Expression"),
        ("cron(0 6 * * * *)", "UTC", "Invalid Schedule Expression"),
        ("rate(1 day)", "Mars/Olympus", "ScheduleExpressionTimezone"),
    ],
)
def test_what_aws_refuses_is_refused(world: World, expression: str, zone: str, why: str) -> None:
    with pytest.raises(ClientError, match=why):
        world.schedule("wrong", expression, zone)


def test_a_rule_that_is_no_schedule_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        world.clients("events").put_rule(Name="wrong", ScheduleExpression="rate(1 days)")


def test_the_clock_does_not_go_back_and_not_too_far(world: World) -> None:
    for wrong in (timedelta(), -DAY, 4000 * DAY):
        with pytest.raises(CloudError, match="not moved"):
            world.cloud.advance(wrong)


def test_too_much_at_once_stops_where_it_is(world: World) -> None:
    role, world.role = world.role, world.role.replace("sender", "missing")
    world.schedule("minutely", "rate(1 minute)")
    world.role = role
    told = world.cloud.advance(DAY)
    assert (len(told["fired"]), told["complete"]) == (250, False)
    assert world.now() < datetime.fromisoformat(told["fired"][-1]["time"]) + timedelta(minutes=2)


def test_an_empty_cloud_has_the_time_of_its_machine(world: World) -> None:
    world.cloud.advance(DAY)
    world.cloud.reset()
    assert abs(world.now() - datetime.now(UTC)) < timedelta(minutes=1)
    world.__init__(world.cloud)  # type: ignore[misc]
