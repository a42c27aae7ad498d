"""Physical names: valid, unique, deterministic, readable, in that order. One function, one table of limits.

Limits are those of each service's API reference (the parameter that carries the name).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NameRule:
    """How one resource type wants to be called."""

    limit: int
    """Characters, at most, of the whole name."""
    prop: str = "name"
    """The argument that carries the name."""
    separator: str = "-"
    """What stands between words: Glue's and Athena's SQL wants underscores."""
    prefix: str = ""
    """What AWS demands in front."""
    unique: bool = False
    """The name is global to all accounts: it ends in a hash of account, region and stack."""


PHYSICAL: dict[str, NameRule] = {
    "aws:athena/workgroup:Workgroup": NameRule(limit=128),
    "aws:batch/computeEnvironment:ComputeEnvironment": NameRule(limit=128),
    "aws:batch/jobDefinition:JobDefinition": NameRule(limit=128),
    "aws:batch/jobQueue:JobQueue": NameRule(limit=128),
    "aws:budgets/budget:Budget": NameRule(limit=100),
    "aws:cloudwatch/dashboard:Dashboard": NameRule(limit=255, prop="dashboard_name"),
    "aws:cloudwatch/eventRule:EventRule": NameRule(limit=64),
    "aws:cloudwatch/logGroup:LogGroup": NameRule(limit=512, prefix="/mlops-iac/"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": NameRule(limit=255),
    "aws:ec2/launchTemplate:LaunchTemplate": NameRule(limit=128),
    "aws:ec2/securityGroup:SecurityGroup": NameRule(limit=255),
    "aws:ecr/repository:Repository": NameRule(limit=256),
    "aws:glue/catalogDatabase:CatalogDatabase": NameRule(limit=255, separator="_"),
    "aws:glue/catalogTable:CatalogTable": NameRule(limit=255, separator="_"),
    "aws:iam/instanceProfile:InstanceProfile": NameRule(limit=128),
    "aws:iam/policy:Policy": NameRule(limit=128),
    "aws:iam/role:Role": NameRule(limit=64),
    "aws:iam/rolePolicy:RolePolicy": NameRule(limit=128),
    "aws:kms/alias:Alias": NameRule(limit=256, prefix="alias/"),
    "aws:lambda/function:Function": NameRule(limit=64),
    "aws:s3/bucket:Bucket": NameRule(limit=63, prop="bucket", unique=True),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": NameRule(limit=63, prop="model_package_group_name"),
    "aws:sagemaker/endpoint:Endpoint": NameRule(limit=63),
    "aws:sagemaker/pipeline:Pipeline": NameRule(limit=256, prop="pipeline_name"),
    "aws:scheduler/schedule:Schedule": NameRule(limit=64),
    "aws:sfn/stateMachine:StateMachine": NameRule(limit=80),
    "aws:sns/topic:Topic": NameRule(limit=256),
    "aws:ssm/parameter:Parameter": NameRule(limit=1011, prefix="/mlops-iac/"),
}

HASH_DIGITS = 7


def short_hash(*parts: str) -> str:
    """Seven hex digits that follow from the parts."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:HASH_DIGITS]


def physical_name(type_token: str, *, stack: str, logical: str, suffix: str = "") -> str:
    """``<stack>-<logical>`` as the type wants it; a name past its limit is cut and ends in a hash of itself.

    ``suffix`` is the hash that names of unique types end in.
    """
    rule = PHYSICAL[type_token]
    words = "-".join(part for part in (stack, logical, suffix) if part).lower()
    words = re.sub(r"[^a-z0-9]+", rule.separator, words)
    room = rule.limit - len(rule.prefix)
    if len(words) > room:
        tail = suffix or short_hash(words)
        words = f"{words[: room - len(tail) - 1].rstrip('-_')}{rule.separator}{tail}"
    return rule.prefix + words
