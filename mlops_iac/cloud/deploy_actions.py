"""Which IAM actions whoever deploys needs, by resource type:
``python -m mlops_iac.cloud.deploy_actions > mlops_iac/core/deploy_actions.json``.

Derived, not listed: the operations that a type's handler names, as IAM actions (`iam/reference.py`), each with the ARN
that it is allowed on. What Pulumi's provider for AWS asks besides stands in `ALSO`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.coverage import pulumi_inputs
from mlops_iac.cloud.handlers import HANDLERS, handler_class
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.iam import by_path
from mlops_iac.cloud.iam.reference import Service, find_service
from mlops_iac.core.deploy_actions import TABLE_METADATA

_CALL = re.compile(r"""\b(?:api|self\.api\([^)]*\))(?:\.\w+)?\(\s*"([A-Z]\w+)\"""")
_BASE = "mlops_iac.cloud.handlers._"

ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    # Reads of its bucket resource; Terraform's documentation of aws_s3_bucket names the attributes that they fill.
    "aws:s3/bucket:Bucket": (
        "s3:GetAccelerateConfiguration",
        "s3:GetBucketAcl",
        "s3:GetBucketCORS",
        "s3:GetBucketLocation",
        "s3:GetBucketLogging",
        "s3:GetBucketObjectLockConfiguration",
        "s3:GetBucketPolicy",
        "s3:GetBucketRequestPayment",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:GetReplicationConfiguration",
    ),
    # A handler puts these calls together, of a word for the direction.
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        "ec2:ModifySecurityGroupRules",
        "ec2:RevokeSecurityGroupEgress",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "ec2:ModifySecurityGroupRules",
        "ec2:RevokeSecurityGroupIngress",
    ),
}

NEVER: Final = frozenset({"s3:BypassGovernanceRetention", "s3:PutObjectLegalHold", "s3:PutObjectRetention"})
"""What operations need only when they are asked for locks, or to break one: no `up` or `destroy` asks for these."""

_ROLE = re.compile(r"(?:^|[a-z])[rR]ole(?:Arn)?$")
"""Inputs that give a service a role, for which IAM asks ``iam:PassRole``."""

ON_OBJECTS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "aws:glue/catalogTable:CatalogTable": {TABLE_METADATA: ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")}
}
"""Of who makes an Iceberg table, whose first metadata Glue writes in the caller's name:
https://docs.aws.amazon.com/lake-formation/latest/dg/creating-iceberg-tables.html"""

PASSING: Final = frozenset(
    {
        "aws:apigateway/restApi:RestApi",
        "aws:batch/jobDefinition:JobDefinition",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:scheduler/schedule:Schedule",
    }
)
"""Types that do so by something else than an input of their own."""


def actions_of(type: str) -> dict[str, list[str]]:
    """ARN with placeholders to the actions on it; the empty ARN stands for actions that can name ``*`` only."""
    kind = handler_class(type)
    assert kind is not None, type
    service = find_service(kind.service)
    assert service is not None, type
    if service.by_path:
        return _by_path(kind)
    actions = set(ALSO.get(type, ())) | ({"iam:PassRole"} if _passes_role(kind) else set())
    for operation in _operations(kind):
        actions |= {f"{service.prefix}:{action}" for action in _actions(service, operation)}
    own = [arn for op in (kind.delete_op, kind.create_op) for arn in _templates(f"{service.prefix}:{op}")]
    found: dict[str, list[str]] = {}
    for action in sorted(actions - NEVER):
        there = _templates(action)
        found.setdefault(next((arn for arn in own if arn in there), there[0]), []).append(action)
    return {**found, **{arn: list(actions) for arn, actions in ON_OBJECTS.get(type, {}).items()}}


def _by_path(kind: type[Resource]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for operation in _operations(kind):
        for action, arn in by_path.actions(kind.service, operation):
            found.setdefault(arn, set()).add(action)
    if _passes_role(kind) or kind.type in PASSING:
        found["arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"] = {"iam:PassRole"}
    return {arn: sorted(actions) for arn, actions in found.items()}


def _passes_role(kind: type[Resource]) -> bool:
    """IAM's own types name roles, and give them to nobody but instance profiles."""
    given = any(_ROLE.search(name) and kind.honours(name) for name in pulumi_inputs(kind.type))
    return kind.type in PASSING or (given and kind.service != "iam")


def _operations(kind: type[Resource]) -> Iterator[str]:
    """What its class says it calls, and what its code does; bases that all handlers share ask only what classes say."""
    for name in dir(kind):
        if name.endswith("_op") and isinstance(value := getattr(kind, name), str) and value:
            yield value
    tags = getattr(kind, "tags", None)
    if tags:
        yield from filter(None, (tags.put, tags.take, tags.list))
    for base in kind.__mro__:
        if base.__module__.startswith("mlops_iac.cloud.handlers.") and not base.__module__.startswith(_BASE):
            yield from _CALL.findall(inspect.getsource(inspect.getmodule(base) or base))


def _actions(service: Service, operation: str) -> list[str]:
    entries = service.operations.get(operation)
    if entries is None:
        return [operation] if operation in service.actions else []
    return [entry if isinstance(entry, str) else entry["action"] for entry in entries]


def _templates(action: str) -> list[str]:
    """The ARNs of an action, as its resource types have them, a bucket's before its access points'; one empty one where
    it has none."""
    prefix, _, name = action.partition(":")
    service = find_service(prefix)
    known = service.templates(name) if service and name in service.actions else []
    return sorted((template for template, _ in known), key=lambda template: ":accesspoint/" in template) or [""]


def render() -> str:
    """The data file: a line for each type and ARN."""
    types: dict[str, Any] = {
        type: {arn: " ".join(actions) for arn, actions in sorted(actions_of(type).items())} for type in sorted(HANDLERS)
    }
    return json.dumps({"source": "python -m mlops_iac.cloud.deploy_actions", "types": types}, indent=1)


if __name__ == "__main__":
    print(render())
