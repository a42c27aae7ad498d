"""Job runs: batch jobs of PySpark. Streams, sessions and dashboards are refused: no history server is here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.jobs.host import Host, check_role
from mlops_iac.cloud.jobs.process import KILL_TIMEOUT, wait_until
from mlops_iac.cloud.jobs.records import Key
from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.spark.applications import KIND, Applications
from mlops_iac.cloud.spark.places import (
    PRINCIPAL,
    SERVICE,
    SPELLING,
    TOKENS,
    Thing,
    invalid,
    key,
    missing,
    new_id,
    not_done,
    now,
)
from mlops_iac.cloud.spark.spark_process import CLOUD_STOPPED, Result, SparkProcess
from mlops_iac.cloud.wire import AwsError, Call

log = logging.getLogger("mlops_iac.cloud")

ENDED: Final = ("SUCCESS", "FAILED", "CANCELLED")
SHOWN: Final = (
    "applicationId", "jobRunId", "name", "mode", "arn", "createdBy", "createdAt", "updatedAt", "executionRole",
    "state", "stateDetails", "releaseLabel", "attempt", "attemptCreatedAt", "attemptUpdatedAt",
)  # fmt: skip
"""What ListJobRuns shows of a job."""
TIMEOUT: Final = 720
"""Minutes, where nobody says (StartJobRun in botocore's model)."""
LEAST_TIMEOUT: Final = 5
DETAILS: Final = 256
"""Characters of stateDetails."""


class JobRuns:
    """By id."""

    def __init__(self, host: Host, applications: Applications) -> None:
        self._host, self._applications = host, applications
        self._running: dict[Key, SparkProcess] = {}
        self._lock = threading.Lock()
        self._closed = False

    def install(self) -> None:
        gateway = self._host.gateway
        for operation, answer in (
            ("StartJobRun", self.start),
            ("GetJobRun", self.describe),
            ("ListJobRuns", self.list_all),
            ("ListJobRunAttempts", self.attempts),
            ("CancelJobRun", self.cancel),
            ("GetDashboardForJobRun", self.dashboard),
        ):
            gateway.instead(SERVICE, operation, answer)
        for operation in ("StartSession", "GetSession", "GetSessionEndpoint", "ListSessions", "TerminateSession"):
            gateway.instead(SERVICE, operation, _no_sessions)
        gateway.instead(SERVICE, "GetResourceDashboard", _no_sessions)
        gateway.on_restore(self.settle)
        gateway.on_stop(self.close)
        gateway.on_reset(self.kill_all)

    # The API --------------------------------------------------------------------------------------------------------

    def start(self, call: Call) -> dict[str, Any]:
        asked = call.params
        self._check(asked)
        check_role(self._host, asked["executionRoleArn"], PRINCIPAL)
        who = self._host.gateway.iam.identify_call(call).shown
        with self._host.gateway.locked(SERVICE):
            tokens = self._host.gateway.store[TOKENS]
            id = tokens.get(key(call, asked["clientToken"]))
            if id is None:
                id = self._begin(call, who)
                tokens[key(call, asked["clientToken"])] = id
        arn = call.arn(SERVICE, f"/applications/{asked['applicationId']}/jobruns/{id}")
        return {"applicationId": asked["applicationId"], "jobRunId": id, "arn": arn}

    def _begin(self, call: Call, who: str) -> str:
        asked, id = call.params, new_id()
        application = self._applications.begin(call, asked["applicationId"])
        monitoring = application.get("monitoringConfiguration") or {}
        record = {
            "applicationId": asked["applicationId"],
            "jobRunId": id,
            "arn": call.arn(SERVICE, f"/applications/{asked['applicationId']}/jobruns/{id}"),
            "createdBy": who,
            "createdAt": now(),
            "updatedAt": now(),
            "executionRole": asked["executionRoleArn"],
            "state": "SUBMITTED",
            "stateDetails": "",
            "releaseLabel": application["releaseLabel"],
            "jobDriver": asked["jobDriver"],
            "tags": dict(asked.get("tags") or {}),
            "executionTimeoutMinutes": asked.get("executionTimeoutMinutes", TIMEOUT),
            "mode": "BATCH",
            "attempt": 1,
            "attemptCreatedAt": now(),
            "attemptUpdatedAt": now(),
            "_logging": monitoring.get("cloudWatchLoggingConfiguration"),
            **{one: asked[one] for one in ("name", "configurationOverrides", "retryPolicy") if asked.get(one)},
            **{one: application[one] for one in ("networkConfiguration",) if application.get(one)},
        }
        place = (KIND, call.account_id, call.region, id)
        self._host.records.add(place, record)
        self._host.slots.submit(lambda: self._live(place))
        return id

    def describe(self, call: Call) -> dict[str, Any]:
        found = self._find(call)
        return {"jobRun": {name: value for name, value in found.items() if not name.startswith("_")}}

    def list_all(self, call: Call) -> dict[str, Any]:
        asked = call.params
        self._applications.get(call, asked["applicationId"])
        each = self._host.records.each(KIND, call.account_id, call.region, whole=False)
        found = [record for _, record in each if self._passes(record, asked)]
        found.sort(key=lambda record: record["createdAt"], reverse=True)
        return paged("jobRuns", [_summary(one) for one in found], asked, limit=50, spelling=SPELLING)

    def attempts(self, call: Call) -> dict[str, Any]:
        """A job is begun once here, whatever its retry policy says: the next attempt would meet the same machine."""
        found = self._find(call)
        one = {**_summary(found), "jobCreatedAt": found["createdAt"]}
        return paged("jobRunAttempts", [one], call.params, limit=50, spelling=SPELLING)

    def cancel(self, call: Call) -> dict[str, Any]:
        found, asked = self._find(call), call.params
        place = (KIND, call.account_id, call.region, asked["jobRunId"])
        if found["state"] in ENDED:
            raise invalid(f"Job run {asked['jobRunId']} is in state {found['state']} and cannot be cancelled.")
        with self._lock:
            process = self._running.get(place)
        if process:
            self._change(place, state="CANCELLING")
            process.cancel(asked.get("shutdownGracePeriodInSeconds"))
        else:
            self._finish(place, Result("CANCELLED", "The job run was cancelled."))
        return {"applicationId": asked["applicationId"], "jobRunId": asked["jobRunId"]}

    def dashboard(self, call: Call) -> dict[str, Any]:
        self._find(call)
        raise not_done("The embedded cloud has no Spark UI; what a job wrote is in its log.")

    def _find(self, call: Call) -> Thing:
        found = self._host.records.find((KIND, call.account_id, call.region, call.params["jobRunId"]))
        if found is None or found["applicationId"] != call.params["applicationId"]:
            raise missing("Job run", call.params["jobRunId"])
        return found

    @staticmethod
    def _passes(record: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
        after, before, states = (asked.get(one) for one in ("createdAtAfter", "createdAtBefore", "states"))
        return (
            record["applicationId"] == asked["applicationId"]
            and (not states or record["state"] in states)
            and (after is None or record["createdAt"] > after)
            and (before is None or record["createdAt"] < before)
        )

    def _check(self, asked: Mapping[str, Any]) -> None:
        driver = asked.get("jobDriver") or {}
        if "sparkSubmit" not in driver:
            raise not_done("The embedded cloud runs jobs of Spark: jobDriver must be sparkSubmit.")
        if not driver["sparkSubmit"]["entryPoint"].endswith(".py"):
            raise not_done("The embedded cloud runs PySpark: entryPoint must be a .py file on S3.")
        if asked.get("mode", "BATCH") != "BATCH":
            raise not_done("The embedded cloud runs batch jobs, and no streaming ones.")
        if asked.get("executionIamPolicy"):
            raise not_done("The embedded cloud takes no session policy of a job: leave executionIamPolicy out.")
        minutes = asked.get("executionTimeoutMinutes", TIMEOUT)
        if 0 < minutes < LEAST_TIMEOUT:
            raise invalid(f"RunTimeout must be at least {LEAST_TIMEOUT} minutes.")

    # What runs ------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        for place in self._host.records.living(KIND):
            self._finish(place, Result("FAILED", CLOUD_STOPPED))

    def close(self) -> None:
        """The cloud is stopping: a job that starts from now on ends at once."""
        self._closed = True
        self.kill_all()

    def kill_all(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for process in running:
            process.kill()
        wait_until(lambda: not self._running, timeout=KILL_TIMEOUT)

    def _live(self, place: Key) -> None:
        record = self._host.records.find(place)
        if record is None or record["state"] in ENDED:
            return
        process = SparkProcess(self._host, place[1], place[2], record)
        with self._lock:
            self._running[place] = process
        if self._closed:
            process.kill()
        self._change(place, state="SCHEDULED")
        try:
            result = process.run(lambda: self._change(place, state="RUNNING", startedAt=now()))
        except Exception as error:
            log.exception("Job run %s met an error of the embedded cloud.", place[3])
            result = Result("FAILED", f"The embedded cloud met an error: {type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._running.pop(place, None)
        self._finish(place, result)

    def _finish(self, place: Key, result: Result) -> None:
        record = self._host.records.find(place) or {}
        began = record.get("startedAt")
        seconds = int((now() - began).total_seconds()) if began else 0
        self._change(
            place,
            state=result.state,
            stateDetails=result.details[:DETAILS],
            endedAt=now(),
            totalExecutionDurationSeconds=seconds,
        )
        self._host.records.put_away(place, SHOWN)

    def _change(self, place: Key, **values: Any) -> None:
        self._host.records.change(place, **values, updatedAt=now(), attemptUpdatedAt=now())


def _summary(record: Mapping[str, Any]) -> Thing:
    shown = {name: record[name] for name in SHOWN if name in record and name != "jobRunId"}
    return {"id": record["jobRunId"], "stateDetails": "", **shown}


def _no_sessions(call: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", "The embedded cloud has no interactive sessions of EMR Serverless.", 501)
