"""aws:batch/jobQueue:JobQueue."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.handlers.batch._switch import Switched
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class JobQueue(Switched):
    """CreateJobQueue, DescribeJobQueues, UpdateJobQueue, DeleteJobQueue. A read refreshes priority, state and
    tags."""

    type = "aws:batch/jobQueue:JobQueue"
    create_op, read_op, update_op, delete_op = "CreateJobQueue", "DescribeJobQueues", "UpdateJobQueue", "DeleteJobQueue"
    who = "jobQueue"
    renames = {"name": "jobQueueName"}
    required = frozenset({"priority", "state"})
    ignores = {"timeouts": "every call here answers at once."}
    name_limit, prefix_input = 128, ""
    id_from = "arn"
    key = {"jobQueue": "name"}
    computed = {"arn": "jobQueueArn"}
    formats = {"arn": "arn:{partition}:batch:{region}:{account}:job-queue/{name}"}
    refreshed = {"priority": "priority", "state": "state"}
    tags = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api("DescribeJobQueues", jobQueues=[outputs["name"]])["jobQueues"]
        return found[0] if found and found[0].get("status") != "DELETED" else None
