"""Persons of each level at work: what a viewer, a scientist and an administrator may do, and that a removal holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.pipelines.compile import TARGETS
from mlops_iac.runs.approvals import answer
from mlops_iac.runs.audit import read_events, write_event
from mlops_iac.runs.calls import calling
from mlops_iac.runs.data import list_objects, put
from mlops_iac.runs.data_versions import mark
from mlops_iac.runs.details import get_details
from mlops_iac.runs.history import get_run, list_runs
from mlops_iac.runs.lake import upload
from mlops_iac.runs.logs import read_logs
from mlops_iac.runs.models import list_models
from mlops_iac.runs.predict import predict
from mlops_iac.runs.runners import runner_for
from mlops_iac.runs.runners.execution import Order
from mlops_iac.runs.start import start
from mlops_iac.runs.stop import stop
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STACK, REGION = "tiny-dev", "eu-west-1"
ASKED = """
extends: training
steps:
  approve: {kind: approval, after: [gate], question: Are the figures right?}
  register: {after: [approve]}
"""
TABLES = "tables:\n  sales: {zone: curated, format: iceberg, columns: {shop: string, units: int}}"
PERSONS = {"anna": "viewer", "ben": "scientist", "cleo": "admin"}


TARGETS_HERE = [
    pytest.param(target, marks=() if target == "step-functions" else pytest.mark.nightly) for target in TARGETS
]
"""One of them for every change: what differs is the orchestrator's own rights, which no other change touches."""


@dataclass
class Team:
    """Three persons, each a user of the account with a key of their own."""

    tiny: TinyEnvironment
    cloud: EmbeddedCloud
    environment: Environment
    keys: dict[str, Credentials]

    def as_user(self, name: str) -> Clients:
        endpoint = self.cloud.clients(REGION).endpoint
        return Clients.embedded(endpoint, REGION, self.environment.account_id, credentials=self.keys[name])

    def enter(self, name: str, level: str = "") -> Clients:
        """Somebody in the role of their level, or of another."""
        role = (self.environment.access or {})[level or PERSONS[name]]
        found = self.as_user(name)("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        session = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        endpoint = self.cloud.clients(REGION).endpoint
        return Clients.embedded(endpoint, REGION, self.environment.account_id, credentials=session)


@pytest.fixture(scope="module", params=TARGETS_HERE)
def team(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder, pipelines = tmp_path_factory.mktemp("tiny"), {"asked": ASKED}
    with tiny_environment(folder, str(request.param), pipelines=pipelines, options=TABLES) as tiny:
        cloud = EmbeddedCloud(tiny.folder / ".mlops-iac/cloud")
        account = cloud.clients(REGION).account_id
        keys = {name: make_user(cloud.clients(REGION), name) for name in PERSONS}
        for name, level in PERSONS.items():
            tiny.run("access", STACK, "add", f"arn:aws:iam::{account}:user/{name}", "--as", level)
        tiny.run("up", STACK, "--yes")
        yield Team(tiny, cloud, environment_of(tiny.folder), keys)


def make_user(clients: Clients, name: str) -> Credentials:
    iam = clients("iam")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def environment_of(folder: Path) -> Environment:
    from mlops_iac.backends.embedded import EmbeddedBackend

    return EmbeddedBackend(folder, STACK).environment()


def refused(right: str, do: Callable[[], object]) -> None:
    """It ends with AWS's AccessDenied, which names the right that lacks."""
    with pytest.raises(CloudError) as caught:
        do()
    assert right in str(caught.value.detail), caught.value.detail


def until_asked(team: Team, clients: Clients, run: str) -> None:
    for _ in range(600):
        steps = {step.name: step.status for step in get_run(team.environment, clients, run).steps}
        if steps.get("approve") == "running":
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody is asked: {steps}")


def ended(team: Team, clients: Clients, run: str) -> str:
    for _ in range(600):
        found = get_run(team.environment, clients, run)
        if found.status != "running":
            return found.status
        time.sleep(0.1)
    raise AssertionError("the run does not end")


def test_each_does_what_their_level_is_for_and_no_more(team: Team) -> None:
    environment, root = team.environment, team.tiny.folder
    anna, ben, cleo = map(team.enter, PERSONS)

    # A scientist runs; a viewer does not, by name of the right.
    refused("s3:ListBucketVersions", lambda: start(environment, anna, root, "asked"))
    refused(STARTS[environment.pipelines["asked"].target], lambda: start_bare(environment, anna))
    refused("s3:PutObject", lambda: upload(environment, anna, "raw/more.csv", b"1"))
    refused("Forbidden", lambda: [*put(environment, anna, root / "data", "raw/more/")])
    refused("s3:GetObject", lambda: [*read_object(environment, anna, "raw/numbers.csv")])
    assert [one.outcome for one in put(environment, ben, root / "data", "raw/more/")] == ["uploaded"]
    (version, *_) = mark(environment, ben, "raw/")
    run = start(environment, ben, root, "asked", versions=[version.id]).id
    until_asked(team, ben, run)

    # A viewer sees how it goes, and the log.
    assert run in {one.id for one in list_runs(environment, anna)}
    assert get_details(environment, anna, run)
    assert any("the mean is 2" in line.text for line in read_logs(anna, get_run(environment, anna, run)))
    refused("", lambda: stop(environment, anna, run))

    # A scientist may not say that it is good; an administrator may.
    refused("sqs:ReceiveMessage", lambda: answer(environment, ben, run, "approve"))
    refused("sqs:ReceiveMessage", lambda: answer(environment, anna, run, "reject"))
    answer(environment, cleo, run, "approve", reason="looked at")
    assert ended(team, ben, run) == "succeeded"

    # What serves: seen by all, asked by scientists.
    assert [model.version for model in list_models(environment, anna)] == [1]
    body = (root / "rows.json").read_bytes()
    serve_as_before(environment, cleo)
    assert predict(environment, ben, body).value == {"predictions": [5.0]}
    refused("sagemaker:InvokeEndpoint", lambda: predict(environment, anna, body))
    refused("sagemaker:UpdateEndpoint", lambda: serve_as_before(environment, ben))

    # All may read the log of who did what, scientists write it, and nobody changes it.
    assert write_event(environment, ben, "run", subject=run)
    assert run in {event.subject for event in read_events(environment, anna, 50)}
    refused("s3:PutObject", lambda: write_event(environment, anna, "run", subject=run))


def ask(clients: Clients, sql: str) -> str:
    """The answer as one text, or why there is none."""
    athena, place = clients("athena"), {"WorkGroup": f"{STACK}-lake", "QueryString": sql}
    with calling("athena:StartQueryExecution"):
        id = athena.start_query_execution(**place, QueryExecutionContext={"Database": "tiny_dev_lake"})
    id = id["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            rows = athena.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"]
            return ";".join(",".join(cell.get("VarCharValue", "") for cell in row["Data"]) for row in rows[1:])
        if status["State"] != "RUNNING" and status["State"] != "QUEUED":
            return str(status["StateChangeReason"])
        time.sleep(0.05)


def test_scientists_write_into_an_iceberg_table_and_the_program_leaves_it_alone(team: Team) -> None:
    anna, ben = team.enter("anna"), team.enter("ben")
    refused("athena:StartQueryExecution", lambda: ask(anna, "SELECT * FROM sales"))
    assert ask(ben, "INSERT INTO sales VALUES ('a', 3), ('b', 4)") == ""
    (first,) = ask(ben, 'SELECT snapshot_id FROM "sales$snapshots"').split(";")
    assert ask(ben, "INSERT INTO sales SELECT shop, units * 10 FROM sales") == ""
    assert ask(ben, "SELECT shop, sum(units) FROM sales GROUP BY shop ORDER BY shop") == "a,33;b,44"
    assert ask(ben, f"SELECT sum(units) FROM sales FOR VERSION AS OF {first}") == "7"
    assert "no identity-based policy allows the glue:DeleteTable action" in ask(ben, "DROP TABLE sales")

    assert ask(ben, "ALTER TABLE sales ADD COLUMNS (note string)") == ""
    team.tiny.run("refresh", STACK, "--yes")
    stack_file = team.tiny.folder / f"stacks/Pulumi.{STACK}.yaml"
    was = stack_file.read_text().replace("units: int", "units: int, note: string")
    stack_file.write_text(was)
    team.tiny.run("preview", STACK, "--expect-no-changes")
    stack_file.write_text(was.replace("units: int", "units: bigint"))
    steps = json.loads(team.tiny.run("preview", STACK, "--json"))
    assert "lake-table-sales" in json.dumps(steps)
    assert "replace" in json.dumps(steps)
    stack_file.write_text(was)


STARTS = {
    "step-functions": "states:StartExecution",
    "sagemaker-pipelines": "sagemaker:StartPipelineExecution",
    "airflow": "airflow:InvokeRestApi",
}


def start_bare(environment: Environment, clients: Clients) -> None:
    """Only what asks the orchestrator: nothing is read or stored before."""
    pipeline = environment.pipelines["asked"]
    names = {f"{step.name}": f"{STACK}-x-{step.name}" for step in pipeline.steps}
    order = Order(run="261130-120000-abcd", code_uri="s3://b/code/x/", code_sha="x", parameters={}, names=names)
    runner_for(environment, pipeline, clients).start(order)


def read_object(environment: Environment, clients: Clients, key: str) -> list[bytes]:
    with calling("s3:GetObject", key):
        return [clients("s3").get_object(Bucket=environment.lake.bucket, Key=key)["Body"].read()]


def serve_as_before(environment: Environment, clients: Clients) -> None:
    """What a rollback does last."""
    name = environment.endpoints["main"].name
    known = clients("sagemaker").describe_endpoint(EndpointName=name)["EndpointConfigName"]
    with calling("sagemaker:UpdateEndpoint", name):
        clients("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=known)


def test_nobody_takes_a_role_that_does_not_name_them(team: Team) -> None:
    for name, level in (("anna", "scientist"), ("anna", "admin"), ("ben", "admin")):
        with pytest.raises(Exception, match=r"AccessDenied.*sts:AssumeRole"):
            team.enter(name, level)
    # Nobody else's rights, and none of another environment's.
    for name in PERSONS:
        with pytest.raises(Exception, match="AccessDenied"):
            team.enter(name)("iam").list_roles()
        with pytest.raises(Exception, match="AccessDenied"):
            team.enter(name)("s3").list_buckets()


def test_who_is_removed_comes_in_no_more(team: Team) -> None:
    account = team.environment.account_id
    ben = team.enter("ben")
    assert [*list_objects(team.environment, ben, "raw/")]
    team.tiny.run("access", STACK, "remove", f"arn:aws:iam::{account}:user/ben", "--message", "left the team")
    team.tiny.run("up", STACK, "--yes")
    with pytest.raises(Exception, match="AccessDenied"):
        team.enter("ben")
    assert "scientist" not in (environment_of(team.tiny.folder).access or {}), "the role is gone with its last person"
    # A session that goes on has no rights left.
    refused("s3:ListBucket", lambda: [*list_objects(team.environment, ben, "raw/")])
    told = team.tiny.run("history", STACK)
    assert f"remove arn:aws:iam::{account}:user/ben" in told
    assert '"left the team"' in told
