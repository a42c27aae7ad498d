"""What pipelines may do in an account: by the table of what deploying takes (`core/deploy_actions.py`), no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi

from mlops_iac.components._kit import Grant, KeyRef, Named, Site
from mlops_iac.components.identity import LONGEST_MANAGED
from mlops_iac.core.deploy_actions import TABLE_METADATA, actions_for
from mlops_iac.core.resource_types import MADE

ACCOUNTS: Final = frozenset(
    {
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }
)
"""Types of the account's own stack, which a person brings up, and no pipeline."""
FILES: Final = frozenset({"aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2"})
"""Objects that are resources: the files that an environment's Airflow reads."""
DAGS: Final = "arn:${Partition}:s3:::*-pipelines-*/dags/*"
"""Where they are, and no other object of any bucket."""
READING: Final = re.compile(r":(?:BatchGet|Describe|Get|List|View)[A-Z]?")
BOUNDED: Final = frozenset(
    {"iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
)
"""Only on roles under a boundary, as all roles of an environment are."""
UNBOUNDED: Final = frozenset({"iam:DeleteRolePermissionsBoundary", "iam:DetachRolePolicy"})
"""Nobody needs it: a role of ours keeps its boundary for as long as it lives, and has no attached policies."""
ROLES: Final = (
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
)
KEYS: Final = (
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
)
PASSED_TO: Final = (
    "airflow-env.amazonaws.com",
    "airflow.amazonaws.com",
    "batch.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "events.amazonaws.com",
    "lambda.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "states.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
"""Services that roles of environments are for."""
ROLE: Final = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
OVERHEAD: Final = 120
"""Characters of a statement around what it says: its keys and its Sid."""
ZONES: Final = "ec2:DescribeAvailabilityZones"
"""What a program asks while it is previewed."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """Actions on every resource of some kinds, in this account and region."""

    what: str
    actions: frozenset[str]
    arns: tuple[str, ...]
    """With ``${…}`` for what is not known; an empty one where actions can name ``*`` only."""
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def grant(self, owner: Named) -> Grant:
        return Grant(
            owner=owner.name,
            what=self.what,
            actions=tuple(sorted(self.actions)),
            resources=tuple(_arn(owner.site, arn) for arn in self.arns),
            conditions=self.conditions,
        )

    @property
    def length(self) -> int:
        """Characters of the statement in a policy, at most."""
        known = [arn.replace("${Account}", "0" * 12).replace("${Region}", "r" * 14) for arn in self.arns]
        return len(json.dumps([sorted(self.actions), known, self.conditions, self.what])) + OVERHEAD


def reading() -> list[list[Right]]:
    """What refreshing and previewing reads, as policies that are short enough for IAM; no object of any bucket but
    those that are resources."""
    found = list(_by_service({arn: _reads(actions) for arn, actions in _needed().items()}))
    return _packed([*found, Right(what="files", actions=frozenset(_reads(_on_files())), arns=(DAGS,))])


def making() -> list[list[Right]]:
    """What `up` and `destroy` take besides reading, as policies that are short enough for IAM.

    Roles only under a boundary, and handed only to the services that environments use.
    """
    special = BOUNDED | UNBOUNDED | {"iam:PassRole"}
    found = list(_by_service({arn: set(actions) - _reads(actions) - special for arn, actions in _needed().items()}))
    found.append(Right(what="files", actions=frozenset(set(_on_files()) - _reads(_on_files())), arns=(DAGS,)))
    metadata = frozenset(actions_for(MADE)[TABLE_METADATA])
    found.append(Right(what="tables", actions=metadata, arns=(TABLE_METADATA,)))
    boundary = {"ArnLike": {"iam:PermissionsBoundary": "arn:*:iam::*:policy/*-boundary-policy"}}
    found.append(Right(what="roles", actions=BOUNDED, arns=(ROLE,), conditions=boundary))
    passed = {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}
    found.append(Right(what="pass", actions=frozenset({"iam:PassRole"}), arns=(ROLE,), conditions=passed))
    return _packed(found)


def _packed(rights: list[Right]) -> list[list[Right]]:
    """In their order, as few policies as hold them."""
    policies: list[list[Right]] = [[]]
    for right in rights:
        if sum(one.length for one in policies[-1]) + right.length > LONGEST_MANAGED - OVERHEAD:
            policies.append([])
        policies[-1].append(right)
    return policies


def guarding(owner: Named, key: KeyRef | None) -> list[Grant]:
    """What nobody who comes by these roles does to the account's own roles and key."""
    own = (owner.site.arn("iam", f"role/{owner.site.stack}-*", region=False),)
    found = [_deny(owner, "guard roles", ROLES, own)]
    return found + ([_deny(owner, "guard key", KEYS, (key.arn,))] if key else [])


def _deny(owner: Named, what: str, actions: tuple[str, ...], resources: tuple[pulumi.Input[str], ...]) -> Grant:
    return Grant(owner=owner.name, what=what, actions=actions, resources=resources, effect="Deny")


def _needed() -> dict[str, tuple[str, ...]]:
    """Without what is allowed on some objects only, which a statement for all of S3 would allow on every one."""
    found = dict(actions_for(type for type in MADE if type not in ACCOUNTS | FILES))
    del found[TABLE_METADATA]
    return {**found, "": tuple(sorted({*found.get("", ()), ZONES}))}


def _on_files() -> tuple[str, ...]:
    """Actions on objects, and none on their bucket."""
    return tuple(
        sorted({action for actions in actions_for(FILES).values() for action in actions if "Object" in action})
    )


def _reads(actions: Iterable[str]) -> set[str]:
    return {action for action in actions if READING.search(action)}


def _by_service(by_arn: Mapping[str, set[str]]) -> Iterator[Right]:
    """One statement for each service; one for what can name no resource."""
    services: dict[str, tuple[set[str], set[str]]] = {}
    for arn, actions in by_arn.items():
        for action in actions:
            known = services.setdefault(action.partition(":")[0] if arn else "everywhere", (set(), set()))
            known[0].add(action)
            known[1].add(arn)
    for word, (actions, arns) in sorted(services.items()):
        yield Right(what=word, actions=frozenset(actions), arns=tuple(sorted(arns)))


def _arn(site: Site, template: str) -> pulumi.Input[str]:
    if not template:
        return "*"
    text = template.replace("${Partition}", site.partition).replace("${Region}", site.region)
    if "${Account}" not in text:
        return _open(text)
    head, _, tail = text.partition("${Account}")
    return site.account.apply(lambda account: f"{_open(head)}{account}{_open(tail)}")


def _open(text: str) -> str:
    return re.sub(r"\$\{\w+\}", "*", text)
