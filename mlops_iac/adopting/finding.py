"""What there is in an account that a hand-made environment may be made of: found by tags and by names. Only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from mlops_iac.adopting.looking import BLUEPRINT_TAG, SHARING, absent, tags_of
from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.runs.calls import calling


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """By what a thing is known to belong to the environment: all of the tags, and one of the names."""

    tags: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    """`*` stands for anything. Empty: any name."""

    def fits_name(self, names: tuple[str, ...]) -> bool:
        return not self.names or any(fnmatchcase(name, pattern) for name in names for pattern in self.names)

    def fits_tags(self, tags: Mapping[str, str]) -> bool:
        return all(tags.get(key) == value for key, value in self.tags.items())

    def __str__(self) -> str:
        said = [f"tag {key}={value}" for key, value in self.tags.items()]
        said += [f"name {' or '.join(self.names)}"] if self.names else []
        return " and ".join(said)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A thing that was found."""

    kind: str
    """As people call it."""
    name: str
    """As `adopt` takes it."""
    layer: str = ""
    """What it would be adopted as. Empty: it is not adopted."""
    called: str = ""
    """What people call it, where that is something else."""
    tags: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""
    """Why it is not adopted. Empty: it may be."""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "layer": self.layer or None,
            "name": self.name,
            "called": self.called or None,
            "tags": dict(self.tags),
            "whyNot": self.why_not or None,
        }


@dataclass(frozen=True, kw_only=True)
class Thing:
    """One of a list of a service, before it is known whether it is wanted."""

    name: str
    names: tuple[str, ...]
    tags: Callable[[], Mapping[str, str]]
    """Asked for what has the right name only."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    word: str
    things: Callable[[Clients], Iterator[Thing]]
    layer: str = ""
    why_not: str = ""


def find(clients: Clients, wanted: Wanted) -> list[Candidate]:
    """Everything that is wanted, by kinds; what belongs to a stack of ours says so. Raises CloudError."""
    found = []
    for kind in KINDS:
        for thing in kind.things(clients):
            if not wanted.fits_name(thing.names):
                continue
            tags = dict(thing.tags())
            if wanted.fits_tags(tags):
                found.append(_candidate(kind, thing, tags))
    return found


def _candidate(kind: Kind, thing: Thing, tags: Mapping[str, str]) -> Candidate:
    owner = tags.get(STACK_TAG)
    owned = f"it belongs to stack {owner}, which deletes it when it is destroyed"
    return Candidate(
        kind=kind.word,
        layer=kind.layer,
        name=thing.name,
        called=next((name for name in thing.names if name != thing.name), ""),
        tags=tags,
        why_not=owned if owner and tags.get(BLUEPRINT_TAG) != SHARING else kind.why_not,
    )


def list_networks(clients: Clients) -> Iterator[Thing]:
    with calling("ec2:DescribeVpcs"):
        for page in clients("ec2").get_paginator("describe_vpcs").paginate():
            for vpc in page["Vpcs"]:
                tags = tags_of(vpc)
                name = vpc["VpcId"]
                yield Thing(name=name, names=(name, *filter(None, [tags.get("Name")])), tags=lambda t=tags: t)  # type: ignore[misc]


def list_keys(clients: Clients) -> Iterator[Thing]:
    """The person's own that are enabled."""
    kms = clients("kms")
    aliases: dict[str, list[str]] = {}
    with calling("kms:ListAliases"):
        for page in kms.get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                name = alias["AliasName"].removeprefix("alias/")
                aliases.setdefault(alias.get("TargetKeyId", ""), []).append(name)
    with calling("kms:ListKeys"):
        ids = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]]
    for id in ids:
        with calling("kms:DescribeKey", id):
            key = kms.describe_key(KeyId=id)["KeyMetadata"]
        if key.get("KeyManager") != "AWS" and key["KeyState"] == "Enabled":
            yield Thing(name=key["Arn"], names=(*aliases.get(id, ()), id), tags=lambda id=id: key_tags(kms, id))  # type: ignore[misc]


def key_tags(kms: Any, id: str) -> dict[str, str]:
    with calling("kms:ListResourceTags", id):
        return {one["TagKey"]: one["TagValue"] for one in kms.list_resource_tags(KeyId=id).get("Tags", [])}


def list_buckets(clients: Clients) -> Iterator[Thing]:
    """Of every region: one of another is refused by its own name when it is looked at."""
    s3 = clients("s3")
    with calling("s3:ListBuckets"):
        names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    for name in names:
        yield Thing(name=name, names=(name,), tags=lambda name=name: bucket_tags(s3, name))  # type: ignore[misc]


def bucket_tags(s3: Any, name: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    with absent("NoSuchTagSet"), calling("s3:GetBucketTagging", name):
        tags.update({one["Key"]: one["Value"] for one in s3.get_bucket_tagging(Bucket=name)["TagSet"]})
    return tags


def list_groups(clients: Clients) -> Iterator[Thing]:
    yield from _of_sagemaker(
        clients, "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName",
        "ModelPackageGroupArn",
    )  # fmt: skip


def list_domains(clients: Clients) -> Iterator[Thing]:
    yield from _of_sagemaker(clients, "list_domains", "Domains", "DomainName", "DomainArn")


def _of_sagemaker(clients: Clients, call: str, where: str, name: str, arn: str) -> Iterator[Thing]:
    sagemaker = clients("sagemaker")
    with calling(f"sagemaker:{call}"):
        listed = [one for page in sagemaker.get_paginator(call).paginate() for one in page[where]]
    for one in listed:

        def tags(one: Mapping[str, Any] = one) -> dict[str, str]:
            with calling("sagemaker:ListTags", one[name]):
                return tags_of(sagemaker.list_tags(ResourceArn=one[arn]))

        yield Thing(name=one[name], names=(one[name],), tags=tags)


def list_repositories(clients: Clients) -> Iterator[Thing]:
    ecr = clients("ecr")
    with calling("ecr:DescribeRepositories"):
        listed = [one for page in ecr.get_paginator("describe_repositories").paginate() for one in page["repositories"]]
    for one in listed:

        def tags(arn: str = one["repositoryArn"]) -> dict[str, str]:
            with calling("ecr:ListTagsForResource", arn):
                found = ecr.list_tags_for_resource(resourceArn=arn).get("tags", [])
            return {tag["Key"]: tag["Value"] for tag in found}

        yield Thing(name=one["repositoryName"], names=(one["repositoryName"],), tags=tags)


def list_roles(clients: Clients) -> Iterator[Thing]:
    """Those of services are AWS's."""
    iam = clients("iam")
    with calling("iam:ListRoles"):
        listed = [one for page in iam.get_paginator("list_roles").paginate() for one in page["Roles"]]
    for one in listed:
        if one["Path"].startswith("/aws-service-role/"):
            continue

        def tags(name: str = one["RoleName"]) -> dict[str, str]:
            with calling("iam:ListRoleTags", name):
                return tags_of(iam.list_role_tags(RoleName=name))

        yield Thing(name=one["RoleName"], names=(one["RoleName"],), tags=tags)


KINDS: Final = (
    Kind(word="VPC", things=list_networks, layer="network"),
    Kind(word="key", things=list_keys, layer="encryption"),
    Kind(word="bucket", things=list_buckets, layer="data_lake"),
    Kind(word="model package group", things=list_groups, layer="registry"),
    Kind(
        word="image repository",
        things=list_repositories,
        why_not="an environment has a repository of its own: push the images there",
    ),
    Kind(word="SageMaker domain", things=list_domains, why_not="an environment needs none, and leaves it alone"),
    Kind(
        word="role",
        things=list_roles,
        why_not="an environment has roles of its own, which may reach what it uses and nothing else",
    ),
)
"""In the order in which they are adopted: a bucket may be encrypted by the key before it."""
