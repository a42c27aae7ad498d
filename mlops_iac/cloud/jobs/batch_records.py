"""Batch jobs as they are remembered and described: arrays and their children, jobs of several nodes, and what waits for
whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mlops_iac.cloud.jobs.batch_node_request import container_of_node
from mlops_iac.cloud.jobs.records import Key, Records
from mlops_iac.cloud.wire import AwsError, Call

KIND: Final = "batch-job"
ENDED: Final = ("SUCCEEDED", "FAILED")


def parted(id: str) -> tuple[str, str]:
    """The parent of an array's child (``id:3``) or of a node (``id#1``), and which one it is; of other jobs the id, and
    nothing."""
    parent, _, index = id.partition("#" if "#" in id else ":")
    return parent, index


class BatchRecords:
    """The records of one cloud's jobs. A child's is short: what it shares with its parent stands there."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def full(self, key: Key) -> dict[str, Any] | None:
        """A job as DescribeJobs shows it; a child with what its parent knows."""
        record = self._records.find(key)
        if record is None:
            return None
        parent_id, index = parted(key[3])
        parent = self._records.find((*key[:3], parent_id)) if index else None
        shared = ("jobQueue", "jobDefinition", "container", "retryStrategy", "timeout", "parameters", "tags")
        full = {**{name: parent[name] for name in shared if parent and name in parent}, **record}
        container = full.pop("_container", {})
        if parent and "nodeProperties" in parent:
            full["container"] = {**container_of_node(parent["nodeProperties"], int(index)), **container}
            full.pop("nodeProperties")  # in lists it tells whose node it is
        elif "nodeProperties" not in full:
            full["container"] = {**full.get("container", {}), **container}
        if full.get("arrayProperties", {}).get("size"):
            full["arrayProperties"] = {**full["arrayProperties"], "statusSummary": self.summary(key, record)}
        return full

    def summary(self, key: Key, record: Mapping[str, Any]) -> dict[str, int]:
        statuses = Counter(dict.fromkeys(("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", *ENDED), 0))
        for index in range(record["arrayProperties"]["size"]):
            child = self._records.show((*key[:3], f"{key[3]}:{index}"))
            if child:
                statuses[child["status"]] += 1
        return dict(statuses)

    def children(self, account: str, region: str, parent: str) -> list[dict[str, Any]]:
        record = self._records.find((KIND, account, region, parent))
        size = record.get("arrayProperties", {}).get("size", 0) if record else 0
        found = (self._records.find((KIND, account, region, f"{parent}:{index}")) for index in range(size))
        return [child for child in found if child]

    def nodes(self, account: str, region: str, parent: str) -> list[dict[str, Any]]:
        """Those of a multi-node parallel job, as they are remembered."""
        record = self._records.find((KIND, account, region, parent))
        count = record.get("nodeProperties", {}).get("numNodes", 0) if record else 0
        found = (self._records.find((KIND, account, region, f"{parent}#{number}")) for number in range(count))
        return [node for node in found if node]

    def with_children(self, key: Key) -> list[Key]:
        return [*((*key[:3], child["jobId"]) for child in self.children(key[1], key[2], key[3])), key]

    def get(self, call: Call) -> Key:
        key = (KIND, call.account_id, call.region, call.params["jobId"])
        if self._records.find(key) is None:
            raise AwsError("ClientException", f"Job `{call.params['jobId']}` does not exist.")
        if "#" in key[3]:
            raise AwsError("ClientException", f"`{key[3]}` is a node: {call.operation} takes the job itself.")
        return key

    def is_unfinished(self, key: Key, id: str) -> bool:
        record = self._records.find((*key[:3], id))
        return record is not None and record["status"] != "SUCCEEDED"

    def needs(self, call: Call, dependencies: Sequence[Mapping[str, str]]) -> list[str]:
        """The jobs to wait for: those not yet SUCCEEDED; one that does not exist is refused."""
        needs = []
        for each in dependencies:
            if not each.get("jobId"):
                continue
            record = self._records.find((KIND, call.account_id, call.region, each["jobId"]))
            if record is None:
                raise AwsError("ClientException", f"Job `{each['jobId']}` in dependsOn does not exist.")
            if record["status"] != "SUCCEEDED" or each.get("type") == "N_TO_N":
                needs.append(each["jobId"])
        return needs
