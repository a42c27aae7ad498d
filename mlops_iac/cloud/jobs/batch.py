"""AWS Batch jobs: single, array and multi-node jobs as processes, with dependencies, retries and time limits.

Queues and job definitions stay moto's; jobs are ours. A child of an array is a light record: everything it shares with
its siblings is its parent's.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import batch_request
from mlops_iac.cloud.jobs.batch_graph import Waiting
from mlops_iac.cloud.jobs.batch_node_request import MULTINODE, check_machines, nodes_of
from mlops_iac.cloud.jobs.batch_nodes import NodesAttempt
from mlops_iac.cloud.jobs.batch_places import get_definition, get_queue, machines_of
from mlops_iac.cloud.jobs.batch_records import ENDED, KIND, BatchRecords
from mlops_iac.cloud.jobs.batch_run import Attempt, Result
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.jobs.process import KILL_TIMEOUT, wait_until
from mlops_iac.cloud.jobs.records import Key
from mlops_iac.cloud.news import News

log = logging.getLogger("mlops_iac.cloud.jobs")

_SHOWN = (
    "jobArn", "jobId", "jobName", "createdAt", "status", "statusReason", "startedAt", "stoppedAt", "arrayProperties",
    "nodeProperties",
)  # fmt: skip
"""What ListJobs shows of a job."""
_CLOUD_STOPPED = "The embedded cloud was stopped while this job was waiting or running. Submit it again."


@dataclass
class _Array:
    """An array job that has not ended: how many of its children have."""

    size: int
    ended: set[str] = field(default_factory=set)
    failed: int = 0


class BatchJobs:
    """The API of jobs, and what runs when."""

    def __init__(self, host: Host) -> None:
        self.host, self.jobs = host, BatchRecords(host.records)
        self._waiting = Waiting()
        self._running: dict[Key, Attempt | NodesAttempt] = {}
        self._arrays: dict[str, _Array] = {}
        self._lock = threading.RLock()
        self._closed = False

    def install(self) -> None:
        gateway = self.host.gateway
        gateway.instead("batch", "SubmitJob", self.submit)
        gateway.instead("batch", "DescribeJobs", self.describe)
        gateway.instead("batch", "ListJobs", self.list_jobs)
        gateway.instead("batch", "CancelJob", self.cancel)
        gateway.instead("batch", "TerminateJob", self.terminate)
        gateway.after("batch", "DeleteJobQueue", self.end_jobs_of)
        gateway.on_restore(self.settle)
        gateway.on_stop(self.close)
        gateway.on_reset(self.kill_all)

    # The API ------------------------------------------------------------------------------------------------------

    def submit(self, call: Call) -> dict[str, Any]:
        asked = call.params
        batch_request.check_name(asked["jobName"])
        queue, definition = get_queue(self.host, call), get_definition(self.host, call)
        size = batch_request.array_size(asked)
        dependencies = batch_request.depends_on(asked, size)
        id = str(uuid.uuid4())
        key = (KIND, call.account_id, call.region, id)
        record = {
            "jobId": id,
            "jobArn": call.arn("batch", f"job/{id}"),
            "jobName": asked["jobName"],
            "jobQueue": queue["jobQueueArn"],
            "jobDefinition": definition["jobDefinitionArn"],
            "status": "SUBMITTED",
            "createdAt": _milliseconds(),
            **self._containers(call, queue, definition),
            "retryStrategy": batch_request.attempts(definition, asked),
            "timeout": batch_request.timeout(definition, asked),
            "parameters": {**definition.get("parameters", {}), **asked.get("parameters", {})},
            "dependsOn": [dict(each) for each in dependencies],
            "attempts": [],
            "tags": asked.get("tags", {}),
            **({"arrayProperties": {"size": size}} if size else {}),
        }
        needs = self.jobs.needs(call, dependencies)
        self.host.records.add(key, record)
        if size:
            self._submit_children(key, record, size, dependencies, needs)
        else:
            self._add_nodes(key, record)
            self._queue(key, needs)
        return {"jobName": asked["jobName"], "jobId": id, "jobArn": record["jobArn"]}

    def _containers(self, call: Call, queue: Mapping[str, Any], definition: Mapping[str, Any]) -> dict[str, Any]:
        """The job's container, or those of its nodes."""
        asked = call.params
        if definition["type"] != MULTINODE:
            if asked.get("nodeOverrides"):
                raise AwsError("ClientException", "nodeOverrides are for multi-node parallel jobs only.")
            return {"container": batch_request.container_of(definition, asked)}
        check_machines(machines_of(self.host, call, queue))
        parameters = batch_request.parameters_of(definition, asked)
        return {"nodeProperties": nodes_of(definition, asked, parameters)}

    def _add_nodes(self, parent: Key, record: Mapping[str, Any]) -> None:
        """Records of a multi-node parallel job's nodes, which are light."""
        properties = record.get("nodeProperties", {})
        for number in range(properties.get("numNodes", 0)):
            details = {"nodeIndex": number, "isMainNode": number == properties["mainNode"]}
            node = {
                **{name: record[name] for name in ("jobName", "status", "createdAt")},
                "jobId": f"{parent[3]}#{number}",
                "jobArn": f"{record['jobArn']}#{number}",
                "nodeDetails": details,
                "nodeProperties": {**details, "numNodes": properties["numNodes"]},
                "attempts": [],
            }
            self.host.records.add((*parent[:3], node["jobId"]), node)

    def describe(self, call: Call) -> dict[str, Any]:
        found = []
        for given in call.params.get("jobs", ()):
            id = given.rsplit("job/", 1)[-1]
            record = self.jobs.full((KIND, call.account_id, call.region, id))
            if record:
                found.append(record)
        return {"jobs": found}

    def list_jobs(self, call: Call) -> dict[str, Any]:
        asked = call.params
        array, multinode = asked.get("arrayJobId"), asked.get("multiNodeJobId")
        if array:
            chosen = self.jobs.children(call.account_id, call.region, array)
        elif multinode:
            chosen = self.jobs.nodes(call.account_id, call.region, multinode)
        else:
            queue = get_queue(self.host, call)["jobQueueArn"]
            every = self.host.records.each(KIND, call.account_id, call.region, whole=False)
            chosen = [record for _, record in every if record.get("jobQueue") == queue]
            chosen.sort(key=lambda record: record["createdAt"], reverse=True)
        status = asked.get("jobStatus") or ("RUNNING" if not asked.get("filters") else None)
        chosen = [
            record
            for record in chosen
            if status in (None, record["status"]) and batch_request.passes(record, asked.get("filters", ()))
        ]
        start = int(asked.get("nextToken") or 0)
        end = start + int(asked.get("maxResults") or 100)
        found = [
            {name: record[name] for name in _SHOWN if record.get(name) is not None} for record in chosen[start:end]
        ]
        return {"jobSummaryList": found, **({"nextToken": str(end)} if end < len(chosen) else {})}

    def cancel(self, call: Call) -> dict[str, Any]:
        """Ends jobs that have not started; running ones run on, as on AWS."""
        for key in self.jobs.with_children(self.jobs.get(call)):
            record = self.host.records.find(key)
            if record and record["status"] in ("SUBMITTED", "PENDING", "RUNNABLE"):
                self._waiting.remove(key[3])
                self._finish(key, "FAILED", call.params["reason"])
        return {}

    def terminate(self, call: Call) -> dict[str, Any]:
        """Ends jobs that wait, and those that run."""
        self._terminate(self.jobs.get(call), call.params["reason"])
        return {}

    def end_jobs_of(self, call: Call) -> None:
        """What was in a queue when it was deleted is terminated (API reference, DeleteJobQueue)."""
        queue = call.params["jobQueue"]
        for key in self.host.records.living(KIND):
            found = str((self.host.records.find(key) or {}).get("jobQueue", ""))
            if key[1:3] == (call.account_id, call.region) and (found == queue or found.endswith(f"/{queue}")):
                self._terminate(key, "The job queue was deleted.")

    def _terminate(self, parent: Key, reason: str) -> None:
        for key in self.jobs.with_children(parent):
            record = self.host.records.find(key)
            if record is None or record["status"] in ENDED:
                continue
            with self._lock:
                attempt = self._running.get(key)
            if attempt:
                attempt.terminate(reason)
            else:
                self._waiting.remove(key[3])
                self._finish(key, "FAILED", reason)

    def settle(self) -> None:
        for key in self.host.records.living(KIND):
            record = self.host.records.find(key)
            if record and record["status"] not in ENDED:
                self.host.records.change(key, status="FAILED", statusReason=_CLOUD_STOPPED, stoppedAt=_milliseconds())
            self._put_away(key)

    def close(self) -> None:
        """The cloud is stopping: a job that starts from now on ends at once."""
        self._closed = True
        self.kill_all()

    def kill_all(self) -> None:
        self._waiting.clear()
        with self._lock:
            attempts = list(self._running.values())
        for attempt in attempts:
            attempt.kill()
        wait_until(lambda: not self._running, timeout=KILL_TIMEOUT)

    # Waiting and running ------------------------------------------------------------------------------------------

    def _submit_children(
        self,
        parent: Key,
        record: Mapping[str, Any],
        size: int,
        dependencies: Sequence[Mapping[str, str]],
        needs: list[str],
    ) -> None:
        """A child waits for what its parent does; N_TO_N: for its twin; SEQUENTIAL: for the one before."""
        one_to_one = [each["jobId"] for each in dependencies if each.get("type") == "N_TO_N"]
        sequential = any(each.get("type") == "SEQUENTIAL" for each in dependencies)
        self.host.records.change(parent, status="PENDING")
        with self._lock:
            self._arrays[parent[3]] = _Array(size)
        for index in range(size):
            key = (*parent[:3], f"{parent[3]}:{index}")
            child = {
                "jobId": key[3],
                "jobArn": f"{record['jobArn']}:{index}",
                "jobName": record["jobName"],
                "status": "SUBMITTED",
                "createdAt": record["createdAt"],
                "arrayProperties": {"index": index},
                "attempts": [],
            }
            self.host.records.add(key, child)
            own = [need for need in needs if need not in one_to_one]
            own += [need for need in (f"{other}:{index}" for other in one_to_one) if self.jobs.is_unfinished(key, need)]
            if sequential and index:
                own.append(f"{parent[3]}:{index - 1}")
            self._queue(key, own)

    def _queue(self, key: Key, needs: list[str]) -> None:
        if needs:
            self.host.records.change(key, status="PENDING")
            self._waiting.add(key[3], needs)
            # One of them may have ended since it was looked at; then nobody would tell us any more.
            for need in needs:
                record = self.host.records.find((*key[:3], need))
                if record and record["status"] in ENDED:
                    for other, status, reason in self._tell(key, need, record["status"]):
                        self._finish(other, status, reason)
        else:
            self._make_runnable(key)

    def _make_runnable(self, key: Key) -> None:
        self.host.records.change(key, status="RUNNABLE")
        self.host.slots.submit(lambda: self._live(key))

    def _live(self, key: Key) -> None:
        record = self.jobs.full(key)
        if record is None or record["status"] in ENDED:
            return
        strategy = record["retryStrategy"]
        for number in range(1, strategy["attempts"] + 1):
            attempt = (NodesAttempt if "nodeProperties" in record else Attempt)(self.host, key, record, number)
            with self._lock:
                self._running[key] = attempt
            if self._closed:
                attempt.kill()
            self.host.records.change(key, status="STARTING")
            running = {"status": "RUNNING", "_container": attempt.place}
            try:
                result = attempt.run(lambda: self.host.records.change(key, **running, startedAt=_milliseconds()))  # noqa: B023 - run at once
            except Exception as error:
                log.exception("Batch job %s met an error of the embedded cloud.", key[3])
                result = attempt.refused(f"The embedded cloud met an error: {type(error).__name__}: {error}")
            finally:
                with self._lock:
                    self._running.pop(key, None)
            self._remember(key, result)
            if result.succeeded:
                self._finish(key, "SUCCEEDED", result.status_reason)
                return
            again = not result.final and batch_request.retries(
                strategy, number, result.code, result.reason, result.status_reason
            )
            if not again:
                self._finish(key, "FAILED", result.status_reason)
                return
            self.host.records.change(key, status="RUNNABLE")

    def _remember(self, key: Key, result: Result) -> None:
        record = self.host.records.find(key)
        if record:
            container = {name: value for name, value in result.container.items() if value is not None}
            self.host.records.change(key, attempts=[*record["attempts"], result.described()], _container=container)

    def _finish(self, key: Key, status: str, reason: str) -> None:
        """Write down how a job ended, and what follows from it: for jobs that wait for it, and for its array."""
        ended = deque([(key, status, reason)])
        while ended:
            key, status, reason = ended.popleft()
            self.host.records.change(key, status=status, statusReason=reason[:1024], stoppedAt=_milliseconds())
            self._end_nodes(key, status, reason)
            self.host.gateway.tell_news(
                News(kind="batch-job", account_id=key[1], region=key[2], facts=self.host.records.find(key) or {})
            )
            ended.extend(self._tell(key, key[3], status))
            ended.extend(self._count_child(key, status))
            self._put_away(key)

    def _end_nodes(self, key: Key, status: str, reason: str) -> None:
        """What never started ended with its job."""
        for node in self.jobs.nodes(*key[1:]):
            own = (*key[:3], node["jobId"])
            if node["status"] not in ENDED:
                self.host.records.change(own, status=status, statusReason=reason[:1024], stoppedAt=_milliseconds())
            self._put_away(own)

    def _put_away(self, key: Key) -> None:
        self.host.records.put_away(key, (*_SHOWN, "jobQueue"))

    def _tell(self, key: Key, need: str, status: str) -> list[tuple[Key, str, str]]:
        """Start the jobs that waited only for this one; answers the jobs that can never run now."""
        if status != "SUCCEEDED":
            return [((*key[:3], other), "FAILED", "Dependent Job failed") for other in self._waiting.failed(need)]
        for other in self._waiting.succeeded(need):
            self._make_runnable((*key[:3], other))
        return []

    def _count_child(self, key: Key, status: str) -> list[tuple[Key, str, str]]:
        """An array job has ended when all its children have; it failed when one of them did."""
        parent, _, index = key[3].partition(":")
        if not index:
            return []
        with self._lock:
            array = self._arrays.get(parent)
            if array is None or index in array.ended:
                return []
            array.ended.add(index)
            array.failed += status == "FAILED"
            if len(array.ended) < array.size:
                return []
            del self._arrays[parent]
        end = ("FAILED", "Array Child Job failed") if array.failed else ("SUCCEEDED", "Array Child Jobs succeeded")
        return [((*key[:3], parent), *end)]


def _milliseconds() -> int:
    return int(time.time() * 1000)
