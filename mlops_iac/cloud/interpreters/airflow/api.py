"""MWAA's API: environments are records of ours, and what is asked of Airflow is answered by Airflow.

Left out: tokens for the web page and the command line, plugins and requirements of a team's own.
"""

from __future__ import annotations

import functools
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.interpreters.airflow import versions
from mlops_iac.cloud.interpreters.airflow.checks import SERVICES, check
from mlops_iac.cloud.interpreters.airflow.place import AirflowFailed, Place
from mlops_iac.cloud.jobs.environments import EnvironmentFailed
from mlops_iac.cloud.jobs.process import bare_environment
from mlops_iac.cloud.jobs.reach import Reach, find_reach
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.news import News
from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

REFUSED: Final = ("CreateCliToken", "CreateWebLoginToken", "PublishMetrics")
LONGEST_PATH: Final = 64
"""Characters of a path: RestApiPath in MWAA's API model."""
START: Final = re.compile(r"/dags/(?P<dag>[^/]+)/dagRuns")
STORE: Final = "mwaa.environments"
SERVICE_ROLE: Final = "role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA"

Key = tuple[str, str, str]


def install(gateway: Gateway) -> None:
    environments = Environments(gateway)
    for operation, answer in (
        ("CreateEnvironment", environments.create),
        ("GetEnvironment", environments.get),
        ("UpdateEnvironment", environments.update),
        ("DeleteEnvironment", environments.delete),
        ("ListEnvironments", environments.list),
        ("TagResource", environments.tag),
        ("UntagResource", environments.untag),
        ("ListTagsForResource", environments.list_tags),
        ("InvokeRestApi", environments.invoke),
    ):
        gateway.instead("mwaa", operation, answer)
    for operation in REFUSED:
        gateway.instead("mwaa", operation, functools.partial(_refuse, operation))
    gateway.on_start(environments.go_on)
    gateway.on_stop(environments.stop)
    gateway.on_reset(environments.forget)


def _refuse(operation: str, _: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", f"The embedded cloud does not offer mwaa:{operation}.", 501)


class RestApiClientException(AwsError):
    """Airflow refused a request; its own answer goes with it."""

    def __init__(self, status: int, told: Any) -> None:
        super().__init__("RestApiClientException", "Airflow refused the request.")
        self.members = {"RestApiStatusCode": status, "RestApiResponse": told}


class Environments:
    """Environments of this cloud, by account, region and name."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._places: dict[Key, Place] = {}
        self._lock = threading.Lock()

    @property
    def _runs(self) -> bool:
        """A cloud that runs no jobs (in tests) runs no Airflow: it keeps what environments there are."""
        return "jobs" in self._gateway.reports

    @property
    def _records(self) -> dict[Any, Any]:
        return self._gateway.store[STORE]

    # The API ------------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        key = _key(call)
        if key in self._records:
            raise AwsError("ValidationException", f"An environment with name {key[2]} already exists.")
        asked = {"AirflowVersion": versions.VERSION, "EnvironmentClass": "mw1.small", **call.params}
        check(self._gateway, asked, call)
        moment = now()
        record = {
            "WebserverAccessMode": "PRIVATE_ONLY",
            "EndpointManagement": "SERVICE",
            **asked,
            "Arn": call.arn("airflow", f"environment/{key[2]}"),
            "Status": "CREATING" if self._runs else "AVAILABLE",
            "CreatedAt": moment,
            "LastUpdate": {"Status": "SUCCESS", "CreatedAt": moment},
            "ServiceRoleArn": f"arn:{partition_of(call.region)}:iam::{call.account_id}:{SERVICE_ROLE}",
            "WebserverUrl": f"{key[2]}.{call.region}.airflow.amazonaws.com",
        }
        self._place(key).remove()  # what lies there is of an environment before
        self._records[key] = record
        if self._runs:
            threading.Thread(target=self._build, args=(key,), name="airflow build", daemon=True).start()
        return {"Arn": record["Arn"]}

    def get(self, call: Call) -> dict[str, Any]:
        return {"Environment": dict(self._get(_key(call)))}

    def update(self, call: Call) -> dict[str, Any]:
        key = _key(call)
        there = self._get(key)
        network = {**there["NetworkConfiguration"], **call.params.get("NetworkConfiguration", {})}
        said = {"NetworkConfiguration": network, "LastUpdate": {"Status": "SUCCESS", "CreatedAt": now()}}
        changed = {**there, **call.params, **said}
        check(self._gateway, changed, call)
        self._place(key).stop()
        self._records[key] = changed
        return {"Arn": changed["Arn"]}

    def delete(self, call: Call) -> dict[str, Any]:
        key = _key(call)
        self._get(key)
        self._place(key).remove()
        with self._lock:
            self._places.pop(key, None)
        del self._records[key]
        return {}

    def list(self, call: Call) -> dict[str, Any]:
        there = sorted(key[2] for key in self._records if key[:2] == (call.account_id, call.region))
        return paged("Environments", there, call.params, limit=25)

    def tag(self, call: Call) -> dict[str, Any]:
        record = self._by_arn(call)
        record["Tags"] = {**record.get("Tags", {}), **call.params["Tags"]}
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        record, gone = self._by_arn(call), call.params["tagKeys"]
        record["Tags"] = {key: value for key, value in record.get("Tags", {}).items() if key not in gone}
        return {}

    def list_tags(self, call: Call) -> dict[str, Any]:
        return {"Tags": dict(self._by_arn(call).get("Tags", {}))}

    def invoke(self, call: Call) -> dict[str, Any]:
        key = _key(call)
        record, place, path = self._get(key), self._place(key), call.params["Path"]
        self._gateway.iam.demand_of(call, "airflow:InvokeRestApi", [*_roles_for(call, record["Arn"])])
        if record["Status"] != "AVAILABLE":
            raise AwsError("ValidationException", f"Environment {key[2]} is {record['Status']}.")
        if len(path) > LONGEST_PATH:
            raise AwsError("ValidationException", f"The path has {len(path)} characters; at most {LONGEST_PATH}.")
        try:
            place.give(self._files(key, record))
            query = call.params.get("QueryParameters") or {}
            status, told = place.ask(call.params["Method"], path, query, call.params.get("Body"))
        except (AirflowFailed, EnvironmentFailed, CannotAssume) as error:
            log.warning("Airflow of %s: %s", key[2], error)
            raise AwsError("RestApiServerException", f"{error}", 500) from error
        if status >= 400:
            raise RestApiClientException(status, told)
        begun = START.fullmatch(path) if call.params["Method"] == "POST" else None
        if begun:  # its process comes to it a little later
            place.say(begun["dag"], str((told or {}).get("dag_run_id")), "RUNNING")
        return {"RestApiStatusCode": status, "RestApiResponse": told or {}}

    def _tell(self, key: Key, dag: str, run: str, status: str) -> None:
        facts = {"run": f"{'/'.join(key)}/{dag}/{run}", "status": status}
        self._gateway.tell_news(News(kind="run", account_id=key[0], region=key[1], facts=facts))

    # What it needs ------------------------------------------------------------------------------------------------

    def _reach(self, record: Mapping[str, Any], region: str, account: str) -> Reach:
        subnets = record["NetworkConfiguration"]["SubnetIds"]
        return find_reach(self._gateway.clients(region, account)("ec2"), subnets, region)

    def _clients(self, key: Key, record: Mapping[str, Any]) -> Clients:
        return self._gateway.roles.clients(
            record["ExecutionRoleArn"], SERVICES[1], "AmazonMWAA-airflow", key[1], record["Arn"]
        )

    def _files(self, key: Key, record: Mapping[str, Any]) -> dict[str, tuple[str, Callable[[], bytes]]]:
        """The Python files below the environment's path, read as its role."""
        s3, bucket = self._clients(key, record)("s3"), record["SourceBucketArn"].rpartition(":")[2]
        prefix = record["DagS3Path"].strip("/") + "/"
        try:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            listed = [one for page in pages for one in page.get("Contents", ())]
        except s3.exceptions.ClientError as error:
            raise AirflowFailed(f"The DAG files cannot be read: {error}") from error

        def reader(name: str) -> Callable[[], bytes]:
            def read() -> bytes:
                try:
                    body: bytes = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
                except s3.exceptions.ClientError as error:
                    raise AirflowFailed(f"A DAG file cannot be read: {error}") from error
                return body

            return read

        names = [(one["Key"], one["ETag"]) for one in listed if re.fullmatch(r"[\w./-]+\.py", one["Key"])]
        return {name.removeprefix(prefix): (version, reader(name)) for name, version in names if ".." not in name}

    def _place(self, key: Key) -> Place:
        with self._lock:
            if key not in self._places:
                root = self._gateway.home / "airflow" / "-".join(key)
                self._places[key] = Place(
                    self._gateway, root, functools.partial(self._begin_with, key), functools.partial(self._tell, key)
                )
            return self._places[key]

    def _begin_with(self, key: Key) -> tuple[Clients, Reach, dict[str, str]]:
        record = self._get(key)
        path = versions.airflow_environment().search_path
        settings = {
            f"AIRFLOW__{name.replace('.', '__', 1).upper()}": str(value)
            for name, value in (record.get("AirflowConfigurationOptions") or {}).items()
        }
        own = {"AIRFLOW_ENV_NAME": key[2], "AWS_ACCOUNT_ID": key[0]}
        variables = {**bare_environment(path, "/root", self._gateway.endpoint, key[1]), **own, **settings}
        return self._clients(key, record), self._reach(record, key[1], key[0]), variables

    # Life ---------------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """After a start of the cloud: what is under way goes on, or is told that it broke off."""
        for key, record in list(self._records.items()):
            place = self._place(key)
            if record["Status"] == "CREATING":
                threading.Thread(target=self._build, args=(key,), name="airflow build", daemon=True).start()
            elif place.is_busy():
                threading.Thread(target=self._try_to_start, args=(place,), name="airflow start", daemon=True).start()

    @staticmethod
    def _try_to_start(place: Place) -> None:
        try:
            place.start()
        except (AirflowFailed, EnvironmentFailed, CannotAssume, AwsError):
            log.exception("Airflow could not go on.")

    def _build(self, key: Key) -> None:
        """Airflow's packages and its first start: what an environment takes its time for on AWS too."""
        said: dict[str, Any] = {"Status": "AVAILABLE"}
        try:
            self._place(key).start()
        except (AirflowFailed, EnvironmentFailed, CannotAssume, AwsError) as error:
            told = {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": str(error)[:1024]}
            said = {"Status": "CREATE_FAILED", "LastUpdate": {"Status": "FAILED", "CreatedAt": now(), "Error": told}}
        if key in self._records:
            self._records[key] = {**self._records[key], **said}
            self._gateway.touch()

    def stop(self) -> None:
        for place in list(self._places.values()):
            place.stop()

    def forget(self) -> None:
        for place in list(self._places.values()):
            place.remove()
        self._places.clear()

    # Finding ------------------------------------------------------------------------------------------------------

    def _get(self, key: Key) -> dict[str, Any]:
        record: dict[str, Any] | None = self._records.get(key)
        if record is None:
            raise AwsError("ResourceNotFoundException", f"Environment {key[2]} not found.", 404)
        return record

    def _by_arn(self, call: Call) -> dict[str, Any]:
        name = str(call.params["ResourceArn"]).rpartition("environment/")[2]
        return self._get((call.account_id, call.region, name))


def _roles_for(call: Call, environment_arn: str) -> Iterator[str]:
    """Airflow's roles by which a request is taken: to read, the one that only reads will do.

    https://docs.aws.amazon.com/mwaa/latest/userguide/access-policies.html (apache-airflow roles)
    """
    names = ("User", "Op", "Admin", "Viewer") if call.params["Method"] == "GET" else ("User", "Op", "Admin")
    yield from (f"{environment_arn.replace(':environment/', ':role/')}/{name}" for name in names)


def _key(call: Call) -> Key:
    return call.account_id, call.region, call.params["Name"]
