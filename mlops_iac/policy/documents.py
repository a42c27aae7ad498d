"""Policy documents of IAM inside resources, whatever their form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.policy.resource import Resource

IDENTITY: Final = {
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
}
"""What says what somebody may do."""

TRUST: Final = {"aws:iam/role:Role": "assumeRolePolicy"}
"""What says who may be somebody."""

ATTACHED: Final = {
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
}
"""What says who may use a resource."""

PASSING: Final = {"aws:ec2/vpcEndpoint:VpcEndpoint": "policy"}
"""What says who may go through, and lets nobody do anything by itself."""

DOCUMENTS: Final = {**IDENTITY, **TRUST, **ATTACHED, **PASSING}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement, with lists where IAM takes a text or a list."""

    sid: str
    number: int
    allows: bool
    actions: tuple[str, ...]
    excepted: bool
    """``NotAction`` or ``NotResource``: it speaks of everything else."""
    resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    """Kind and name: ``("Service", "events.amazonaws.com")``; everybody is ``("AWS", "*")``."""
    conditions: Mapping[str, Mapping[str, Any]]

    @property
    def shown(self) -> str:
        return f"Statement `{self.sid}`" if self.sid else f"Statement {self.number}"

    def condition_keys(self) -> set[str]:
        """The keys of all conditions, in small letters, as IAM compares them."""
        return {str(key).lower() for keys in self.conditions.values() for key in keys}


def statements(resource: Resource) -> Iterator[tuple[str, Statement]]:
    """Each statement of a resource's document, with the input that holds it."""
    path = DOCUMENTS.get(resource.type)
    document = resource.document(path) if path else None
    if path is None or not isinstance(document, Mapping):
        return
    for number, said in enumerate(_rows(document.get("Statement")), start=1):
        yield path, _statement(said, number)


def _statement(said: Mapping[str, Any], number: int) -> Statement:
    conditions = said.get("Condition")
    return Statement(
        sid=str(said.get("Sid") or ""),
        number=number,
        allows=said.get("Effect") == "Allow",
        actions=_texts(said.get("Action")),
        excepted="NotAction" in said or "NotResource" in said,
        resources=_texts(said.get("Resource")),
        principals=tuple(_principals(said.get("Principal"))),
        conditions={
            str(operator): keys
            for operator, keys in (conditions.items() if isinstance(conditions, Mapping) else ())
            if isinstance(keys, Mapping)
        },
    )


def _principals(said: Any) -> Iterator[tuple[str, str]]:
    if said == "*":
        yield "AWS", "*"
    elif isinstance(said, Mapping):
        for kind, names in said.items():
            yield from ((str(kind), name) for name in _texts(names))


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str))


def _rows(value: Any) -> list[Mapping[str, Any]]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, Mapping)]
