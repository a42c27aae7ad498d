"""What the resources of every component promise: tags, names, rights, encryption, protection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.components._kit.facts import get_facts
from mlops_iac.components._kit.reach import outside
from mlops_iac.core.facts import loses
from mlops_iac.core.unscoped import UNSCOPED
from mlops_iac.testing.contracts.components import ComponentCase
from mlops_iac.testing.contracts.world import ACCOUNT, PROFILES, Made, World

DOOR = "aws:ec2/vpcEndpoint:VpcEndpoint"
"""Its policy allows nothing that the caller's own does not, so it may speak of every action."""

KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0000-1111"

LOG_DAYS = {"sandbox": 7, "standard": 30, "regulated": 365}


def every_child_that_takes_tags_has_ours(case: ComponentCase) -> None:
    ours = {"mlops-iac:stack": "screening-dev", "mlops-iac:team": "screening", "mlops-iac:environment": "dev"}
    for profile in PROFILES:
        for made in case.made(profile):
            if argument := get_facts(made.type).tags:
                tags = made.inputs.get(_camel(argument), {})
                assert ours.items() <= tags.items(), made.name
                assert {"mlops-iac:blueprint", "mlops-iac:component"} <= tags.keys(), made.name


def physical_names_start_with_the_stack_and_keep_to_the_limit(case: ComponentCase) -> None:
    assert [wrong for profile in PROFILES for made in case.made(profile) for wrong in _misnamed(made)] == []


def _misnamed(made: Made) -> Iterator[tuple[str, str]]:
    rule = get_facts(made.type).name
    if rule is None:
        return
    name = made.inputs[_camel(rule.prop)]
    start = rule.separator.join(("screening", "dev")) + rule.separator
    # AWS or the catalogue around them says how these begin.
    if made.type == "aws:cloudwatch/logGroup:LogGroup":
        name = re.sub(r"^(/(aws/emr-serverless|aws/[a-zA-Z/]+|mlops-iac)/|[a-z]+-(?=screening-dev-))", "", name)
    elif made.type == "aws:glue/catalogTable:CatalogTable":
        name = f"{made.inputs['databaseName']}.{name}"
    if len(name) > rule.limit or not name.removeprefix(rule.prefix).startswith(start):
        yield made.name, name


def no_statement_allows_a_wildcard_action(case: ComponentCase) -> None:
    assert [
        (made.name, action)
        for made, statement in _statements(case)
        if statement["Effect"] == "Allow" and made.type != DOOR
        for action in _list(statement["Action"])
        if "*" in action
    ] == []


def only_what_aws_cannot_scope_is_allowed_on_every_resource(case: ComponentCase) -> None:
    assert [
        (made.name, action)
        for made, statement in _statements(case)
        if statement["Effect"] == "Allow" and "*" in _list(statement.get("Resource", []))
        # In a key's own policy every resource means this key.
        if made.type not in ("aws:kms/key:Key", DOOR)
        for action in _list(statement["Action"])
        if action not in UNSCOPED
    ] == []


def every_principal_is_named_and_bound_to_this_account(case: ComponentCase) -> None:
    """A policy on a resource lets in services of this account, or the account itself; everybody only to be refused."""
    loose = []
    for made, statement in _statements(case):
        principal = statement.get("Principal")
        if principal is None or statement["Effect"] == "Deny" or made.type == DOOR:
            continue
        if made.type == "aws:sns/topicPolicy:TopicPolicy" and principal == {"Service": ["events.amazonaws.com"]}:
            assert "Condition" not in statement  # EventBridge would not publish
            continue
        services = _list(principal.get("Service", [])) if isinstance(principal, dict) else ["*"]
        condition = json.dumps(statement.get("Condition", {}))
        if "*" in json.dumps(principal) or (services and ACCOUNT not in condition and not _no_source(services)):
            loose.append((made.name, principal))
    assert loose == []


def _no_source(services: list[str]) -> bool:
    """Services that do not send the source account when they assume a role."""
    return set(services) <= {
        "apigateway.amazonaws.com",
        "ec2.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "lambda.amazonaws.com",
        "redshift-serverless.amazonaws.com",
        "redshift.amazonaws.com",
    }


def every_role_has_the_boundary_and_one_policy(case: ComponentCase) -> None:
    for profile in PROFILES:
        made = case.made(profile)
        roles = [one for one in made if one.type == "aws:iam/role:Role"]
        assert [one.name for one in roles if case.bounded and "permissionsBoundary" not in one.inputs] == []
        assert len([one for one in made if one.type == "aws:iam/rolePolicy:RolePolicy"]) == len(roles)


def everything_that_it_grants_lies_within_the_boundary(case: ComponentCase) -> None:
    for profile in PROFILES:
        world = case.world(profile)
        for made in world.of("aws:iam/rolePolicy:RolePolicy"):
            ceiling = _ceiling_of(world, made.inputs["role"])
            beyond = [outside(ceiling, statement) for statement in made.document("policy")["Statement"]]
            assert not any(beyond), (made.name, beyond)


def _ceiling_of(world: World, role: str) -> list[dict[str, Any]]:
    """Of the role's own boundary; the environment's for one that has none in this sample."""
    held: Mapping[str, Any] = next(
        (one.inputs for one in world.of("aws:iam/role:Role") if one.inputs["name"] == role), {}
    )
    arn = held.get("permissionsBoundary", "")
    own = [one for one in world.of("aws:iam/policy:Policy") if arn.endswith(f"/{one.inputs['name']}")]
    found: list[dict[str, Any]] = (own[0] if own else world.get("boundary-policy")).document("policy")["Statement"]
    return found


def nothing_is_public(case: ComponentCase) -> None:
    """Nothing lets anybody in; and but in a sandbox, nothing lets anything out to the internet."""
    for profile in PROFILES:
        made = case.made(profile)
        assert not [r for r in made if re.search(r"natGateway|:Eip", r.type)]
        everywhere = [r for r in made if "0.0.0.0/0" in json.dumps(r.inputs) or "::/0" in json.dumps(r.inputs)]
        outwards = ("aws:ec2/routeTable:RouteTable", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        assert not [r for r in everywhere if profile != "sandbox" or r.type not in outwards]
        if profile != "sandbox":
            assert not [r for r in made if r.type == "aws:ec2/internetGateway:InternetGateway"]
            assert all(r.inputs["mapPublicIpOnLaunch"] is False for r in made if r.type == "aws:ec2/subnet:Subnet")
        blocks = [r for r in made if r.type == "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"]
        buckets = {r.inputs["bucket"] for r in made if r.type == "aws:s3/bucket:Bucket"}
        assert {r.inputs["bucket"] for r in blocks} == buckets
        assert all(value is True for r in blocks for key, value in r.inputs.items() if key != "bucket")


def everything_that_can_be_encrypted_with_the_key_is(case: ComponentCase) -> None:
    for profile in ("standard", "regulated"):
        keyed = {made: _camel(key) for made in case.made(profile) if (key := get_facts(made.type).key)}
        bare = [made.name for made, key in keyed.items() if f'"{key}": "{KEY_ARN}"' not in json.dumps(made.inputs)]
        assert bare == []


def regulated_protects_what_holds_data(case: ComponentCase) -> None:
    """Whatever a preview would announce as a loss."""
    made = case.made("regulated")
    assert {one.name for one in made if one.protect} == {one.name for one in made if loses(one.type)}
    assert not [one.name for one in made if one.inputs.get("forceDestroy") or one.inputs.get("forceDelete")]


def standard_can_be_destroyed(case: ComponentCase) -> None:
    """Nothing is protected, and what AWS deletes only when it is empty is told to empty itself."""
    made = case.made("standard")
    assert [one.name for one in made if one.protect] == []
    assert all(one.inputs.get("forceDestroy") for one in made if one.type == "aws:s3/bucket:Bucket")
    assert all(one.inputs.get("forceDelete") for one in made if one.type == "aws:ecr/repository:Repository")


def logs_do_not_grow_for_ever(case: ComponentCase) -> None:
    for profile in PROFILES:
        groups = [made for made in case.made(profile) if made.type == "aws:cloudwatch/logGroup:LogGroup"]
        assert {made.inputs["retentionInDays"] for made in groups} <= {LOG_DAYS[profile]}


def urns_are_unique(case: ComponentCase) -> None:
    for profile in PROFILES:
        urns = [made.urn for made in case.world(profile).resources]
        assert len(urns) == len(set(urns))


def _statements(case: ComponentCase) -> Iterator[tuple[Made, Mapping[str, Any]]]:
    """Every statement of every policy document, with the resource it belongs to; the asker's is what was granted."""
    for profile in PROFILES:
        asked = [made for made in case.world(profile).resources if made.name.startswith("asker-")]
        for made in [*case.made(profile), *asked]:
            for key in ("policy", "assumeRolePolicy"):
                if key in made.inputs:
                    yield from ((made, statement) for statement in made.document(key).get("Statement", []))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.title() for word in rest)
