"""Applications: a release of Spark, and how much of it there may be at once.

What AWS starts and stops are machines. Here there are none, so an application's state follows from its jobs: it is
started by the first, and stopped when none has run for as long as its idle timeout says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.spark.places import (
    APPLICATIONS,
    SERVICE,
    SPELLING,
    TOKENS,
    Key,
    Thing,
    invalid,
    key,
    missing,
    new_id,
    not_done,
    now,
)
from mlops_iac.cloud.wire import Call
from mlops_iac.core.spark import RELEASES

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.jobs.records import Records

KIND: Final = "spark-job"
IDLE_MINUTES: Final = 15
"""AWS's default of the idle timeout ("Application behavior" in the EMR Serverless user guide)."""
SETTINGS: Final = (
    "architecture", "autoStartConfiguration", "autoStopConfiguration", "initialCapacity", "maximumCapacity",
    "monitoringConfiguration", "networkConfiguration", "runtimeConfiguration", "schedulerConfiguration",
    "diskEncryptionConfiguration", "interactiveConfiguration", "jobLevelCostAllocationConfiguration",
)  # fmt: skip
NOT_DONE: Final = {
    "imageConfiguration": "runs no container images: a job has what the release's own image has",
    "workerTypeSpecifications": "runs no container images: a job has what the release's own image has",
    "identityCenterConfiguration": "has no IAM Identity Center",
}
RESTING: Final = ("CREATED", "STOPPED")
"""In which an application can be changed and deleted."""


class Applications:
    """By id."""

    def __init__(self, gateway: Gateway, records: Records) -> None:
        self._gateway, self._records = gateway, records

    def install(self) -> None:
        for operation, answer in (
            ("CreateApplication", self.create),
            ("GetApplication", self.describe),
            ("ListApplications", self.list_all),
            ("UpdateApplication", self.update),
            ("StartApplication", self.start),
            ("StopApplication", self.stop),
            ("DeleteApplication", self.delete),
            ("ListTagsForResource", self.tags),
            ("TagResource", self.tag),
            ("UntagResource", self.untag),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))

    @property
    def _store(self) -> dict[Key, Thing]:
        return self._gateway.store[APPLICATIONS]

    # Operations -----------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> dict[str, Any]:
        asked, tokens = call.params, self._gateway.store[TOKENS]
        known = self._store.get(key(call, tokens.get(key(call, asked["clientToken"]), "")))
        if known is None:
            known = self._make(call)
            tokens[key(call, asked["clientToken"])] = known["applicationId"]
        return {name: known[name] for name in ("applicationId", "arn", "name") if name in known}

    def _make(self, call: Call) -> Thing:
        asked, id = call.params, new_id()
        self._check(call)
        if asked["type"].upper() != "SPARK":
            raise not_done(f"The embedded cloud runs Spark only, and no {asked['type']}.")
        made = {
            "applicationId": id,
            "arn": call.arn(SERVICE, f"/applications/{id}"),
            "releaseLabel": asked["releaseLabel"],
            "type": "Spark",
            "state": "CREATED",
            "createdAt": now(),
            "updatedAt": now(),
            "architecture": "X86_64",
            "autoStartConfiguration": {"enabled": True},
            "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": IDLE_MINUTES},
            "tags": dict(asked.get("tags") or {}),
            **{name: asked[name] for name in ("name", *SETTINGS) if asked.get(name) is not None},
        }
        self._store[key(call, id)] = made
        return made

    def describe(self, call: Call) -> dict[str, Any]:
        return {"application": self.get(call, call.params["applicationId"])}

    def list_all(self, call: Call) -> dict[str, Any]:
        mine = [one for place, one in sorted(self._store.items()) if place[:2] == (call.account_id, call.region)]
        wanted = call.params.get("states")
        shown = [self._shown(self._settled(call, one)) for one in mine]
        found = [one for one in shown if not wanted or one["state"] in wanted]
        return paged("applications", found, call.params, limit=50, spelling=SPELLING)

    def update(self, call: Call) -> dict[str, Any]:
        found = self._resting(call)
        self._check(call)
        for name in ("releaseLabel", *SETTINGS):
            if call.params.get(name) is not None:
                found[name] = call.params[name]
        found["updatedAt"] = now()
        return {"application": found}

    def start(self, call: Call) -> dict[str, Any]:
        self.get(call, call.params["applicationId"]).update(state="STARTED", updatedAt=now())
        return {}

    def stop(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["applicationId"])
        if self._living(call, found):
            raise invalid(f"Application {found['applicationId']} has job runs in progress.")
        if found["state"] == "STARTED":
            found.update(state="STOPPED", updatedAt=now())
        return {}

    def delete(self, call: Call) -> dict[str, Any]:
        """AWS describes a deleted application for a while as TERMINATED; here it is gone, with the records of its
        jobs."""
        found = self._resting(call)
        id = found["applicationId"]
        del self._store[key(call, id)]
        for job in self._jobs(call, found):
            self._records.remove((KIND, call.account_id, call.region, job["jobRunId"]))
        return {}

    # Tags -----------------------------------------------------------------------------------------------------------

    def tags(self, call: Call) -> dict[str, Any]:
        return {"tags": dict(self._tagged(call))}

    def tag(self, call: Call) -> dict[str, Any]:
        self._tag(call, {**self._tagged(call), **call.params["tags"]})
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        gone = call.params["tagKeys"]
        self._tag(call, {name: value for name, value in self._tagged(call).items() if name not in gone})
        return {}

    def _tagged(self, call: Call) -> dict[str, str]:
        """Of an application, or of a job run, whose ARN goes on."""
        id, run = _parts(call)
        place = (KIND, call.account_id, call.region, run)
        found = self._records.find(place) if run else self._store.get(key(call, id))
        if found is None:
            raise missing("Resource", call.params["resourceArn"])
        return dict(found["tags"])

    def _tag(self, call: Call, tags: dict[str, str]) -> None:
        id, run = _parts(call)
        if run:
            self._records.change((KIND, call.account_id, call.region, run), tags=tags)
        else:
            self._store[key(call, id)]["tags"] = tags

    # Inside ---------------------------------------------------------------------------------------------------------

    def get(self, call: Call, id: str) -> Thing:
        found = self._store.get(key(call, id))
        if found is None:
            raise missing("Application", id)
        return self._settled(call, found)

    def begin(self, call: Call, id: str) -> Thing:
        """An application in which a job begins; starts it where it may start by itself."""
        found = self.get(call, id)
        if found["state"] != "STARTED":
            if not found["autoStartConfiguration"].get("enabled", True):
                raise invalid(f"Application {id} is in state {found['state']}, and auto start is disabled. Start it.")
            found.update(state="STARTED", updatedAt=now())
        return found

    def _settled(self, call: Call, found: Thing) -> Thing:
        """Stopped, where nothing has run for too long."""
        stop = found["autoStopConfiguration"]
        if found["state"] == "STARTED" and stop.get("enabled", True) and not self._living(call, found):
            ended = [record["updatedAt"] for record in self._jobs(call, found)]
            idle = timedelta(minutes=stop.get("idleTimeoutMinutes") or IDLE_MINUTES)
            if now() - max([found["updatedAt"], *ended]) >= idle:
                found.update(state="STOPPED", updatedAt=now())
        return found

    def _jobs(self, call: Call, found: Thing) -> list[dict[str, Any]]:
        each = self._records.each(KIND, call.account_id, call.region, whole=False)
        return [record for _, record in each if record["applicationId"] == found["applicationId"]]

    def _living(self, call: Call, found: Thing) -> bool:
        """Whether a job has not ended."""
        living = [self._records.show(place) for place in self._records.living(KIND)]
        return any(record and record["applicationId"] == found["applicationId"] for record in living)

    def _resting(self, call: Call) -> Thing:
        found = self.get(call, call.params["applicationId"])
        if found["state"] not in RESTING:
            raise invalid(
                f"Application {found['applicationId']} must be in one of the following statuses [CREATED, STOPPED]. "
                f"Current status: {found['state']}"
            )
        return found

    def _check(self, call: Call) -> None:
        asked = call.params
        release = asked.get("releaseLabel")
        if release is not None and release not in RELEASES:
            raise invalid(
                f"Type 'SPARK' is not supported for release label '{release}' or release label does not exist"
            )
        for name, why in NOT_DONE.items():
            if asked.get(name):
                raise not_done(f"The embedded cloud {why}: leave {name} out.")
        network = asked.get("networkConfiguration") or {}
        if network:
            self._check_network(call, network.get("subnetIds") or (), network.get("securityGroupIds") or ())

    def _check_network(self, call: Call, subnets: Any, groups: Any) -> None:
        from moto.ec2.models import ec2_backends

        known = ec2_backends[call.account_id][call.region]
        networks = {known.get_subnet(id).vpc_id for id in subnets}
        for id in groups:
            one = known.get_security_group_from_id(id)
            if one is None or {one.vpc_id} != networks:
                raise invalid(f"The security group {id} is not in the network of the subnets.")

    @staticmethod
    def _shown(found: Thing) -> Thing:
        names = ("name", "arn", "releaseLabel", "type", "state", "createdAt", "updatedAt", "architecture")
        return {"id": found["applicationId"], **{name: found[name] for name in names if name in found}}


def _parts(call: Call) -> tuple[str, str]:
    """The ids of an application, and of a job run where the ARN is one's."""
    id, _, run = call.params["resourceArn"].partition("/applications/")[2].partition("/jobruns/")
    return id, run
