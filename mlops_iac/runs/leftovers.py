"""What is left of an environment in a cloud: asked of the cloud itself, never of our own state.

Twice: by the tag that everything of an environment carries, of all services at once; and by name, of the services whose
things take no tag, or that the Resource Groups Tagging API does not know.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling, is_missing

NAMED: Final[tuple[tuple[str, str, str], ...]] = (
    ("s3", "list_buckets", "Buckets[].Name"),
    ("iam", "list_roles", "Roles[].RoleName"),
    ("iam", "list_policies", "Policies[].PolicyName"),
    ("iam", "list_instance_profiles", "InstanceProfiles[].InstanceProfileName"),
    ("kms", "list_aliases", "Aliases[].AliasName"),
    ("logs", "describe_log_groups", "logGroups[].logGroupName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
    ("events", "list_rules", "Rules[].Name"),
    ("scheduler", "list_schedules", "Schedules[].Name"),
    ("sqs", "list_queues", "QueueUrls[]"),
    ("sagemaker", "list_endpoints", "Endpoints[].EndpointName"),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs[].EndpointConfigName"),
    ("sagemaker", "list_models", "Models[].ModelName"),
    ("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList[].ModelPackageGroupName"),
)
"""Service, the call that lists, and where the names stand in its answer (JMESPath)."""

ARGUMENTS: Final[dict[str, dict[str, Any]]] = {"list_policies": {"Scope": "Local"}}

RECORDS: Final = re.compile(
    r":sagemaker:[^:]*:[^:]*:(processing-job|training-job|transform-job|hyper-parameter-tuning-job|pipeline-execution)/"
    r"|:batch:[^:]*:[^:]*:(job|job-definition)/|:ecs:[^:]*:[^:]*:task-definition/|:states:[^:]*:[^:]*:execution:"
    r"|:sagemaker:[^:]*:[^:]*:model-card/.*/export-job/"
)
"""ARNs of what services keep of work that is over, and let nobody delete. It costs nothing."""

LOOKS, PAUSE = 4, 10.0
"""Looks, and seconds between two: AWS lists for a while what was deleted."""


@dataclass(frozen=True, order=True)
class Leftover:
    service: str
    name: str
    """Its ARN, where it was found by its tag."""

    def to_json(self) -> dict[str, str]:
        return {"service": self.service, "name": self.name}


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    found: tuple[Leftover, ...] = ()
    closed: tuple[str, ...] = ()
    """Calls that were refused: nobody knows what is left there."""


def find_leftovers(
    stack: str, clients: Clients, *, sleep: Callable[[float], None] = time.sleep, looks: int | None = None
) -> Leftovers:
    """Look, and on AWS look again while there is something: what was deleted is listed for a while.

    A KMS key that waits for its deletion is not counted; its alias is.
    """
    left = look(stack, clients)
    for _ in range((1 if clients.embedded else LOOKS) - 1 if looks is None else looks - 1):
        if not left.found:
            break
        sleep(PAUSE)
        left = look(stack, clients)
    return left


def look(stack: str, clients: Clients) -> Leftovers:
    found: set[Leftover] = set()
    closed: list[str] = []
    asked: list[tuple[str, Callable[[], Iterator[Leftover]]]] = [("tag:GetResources", lambda: tagged(stack, clients))]
    for service, call, path in NAMED:
        asked.append((f"{service}:{call}", lambda s=service, c=call, p=path: named(stack, clients, s, c, p)))  # type: ignore[misc]
    for call, ask in asked:
        try:
            found |= set(ask())
        except CloudError:
            closed.append(call)
    return Leftovers(found=tuple(sorted(without_doubles(found))), closed=tuple(closed))


def tagged(stack: str, clients: Clients) -> Iterator[Leftover]:
    wanted = [{"Key": STACK_TAG, "Values": [stack]}]
    with calling("tag:GetResources", stack):
        for page in clients("resourcegroupstaggingapi").get_paginator("get_resources").paginate(TagFilters=wanted):
            for item in page["ResourceTagMappingList"]:
                arn = item["ResourceARN"]
                if not RECORDS.search(arn) and not (":kms:" in arn and waits_for_its_end(clients, arn)):
                    yield Leftover(arn.split(":")[2], arn)


def waits_for_its_end(clients: Clients, key: str) -> bool:
    try:
        with calling("kms:DescribeKey", key):
            return bool(clients("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion")
    except CloudError as error:
        if is_missing(error):
            return True
        raise


def named(stack: str, clients: Clients, service: str, call: str, path: str) -> Iterator[Leftover]:
    import jmespath

    client, arguments = clients(service), ARGUMENTS.get(call, {})
    with calling(f"{service}:{call}", stack):
        if client.can_paginate(call):
            pages: Any = client.get_paginator(call).paginate(**arguments)
        else:
            pages = [getattr(client, call)(**arguments)]
        for page in pages:
            for name in jmespath.search(path, page) or ():
                if isinstance(name, str) and belongs_to(name, stack):
                    yield Leftover(service, name)


def belongs_to(name: str, stack: str) -> bool:
    """Whether a name, or a part of its path, is the stack's: ``<stack>-…``. A queue is named by its URL."""
    parts = name.rsplit("://", 1)[-1].replace("_", "-").split("/")
    return any(part == stack or part.startswith(f"{stack}-") for part in parts)


def without_doubles(found: set[Leftover]) -> Iterator[Leftover]:
    """What was found by its tag is not told by its name again."""
    arns = [one for one in found if one.name.startswith("arn:")]
    ends = {(one.service, re.split(r"[:/]", one.name)[-1]) for one in arns}
    for one in found:
        if one in arns or (one.service, re.split(r"[:/]", one.name)[-1]) not in ends:
            yield one
