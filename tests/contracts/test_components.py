"""What every component promises.

New components are found by themselves; each needs one sample in tests/components/world.py.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mlops_iac.components
from mlops_iac.components import COMPONENTS
from mlops_iac.components._kit import Named
from mlops_iac.components._kit.base import Component
from mlops_iac.components._kit.facts import get_facts
from mlops_iac.components._kit.grants import UNSCOPED
from mlops_iac.components._kit.reach import outside
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import LONGEST_MANAGED, Role, RoleArgs
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.facts import loses
from tests.components.world import (
    ACCOUNT,
    PROFILES,
    REGION,
    SAMPLES,
    Made,
    Neighbours,
    World,
    everything,
    grants_of,
    make_sample,
    run,
    site,
)

BASES = {Component}
FOUND = sorted(
    {
        thing
        for module in pkgutil.walk_packages(mlops_iac.components.__path__, "mlops_iac.components.")
        for thing in vars(importlib.import_module(module.name)).values()
        if inspect.isclass(thing) and issubclass(thing, Component) and thing not in BASES
    },
    key=lambda kind: kind.__name__,
)
DOOR = "aws:ec2/vpcEndpoint:VpcEndpoint"
"""Its policy allows nothing that the caller's own does not, so it may speak of every action."""
every_component = pytest.mark.parametrize("kind", FOUND, ids=lambda kind: kind.__name__)
every_profile = pytest.mark.parametrize("profile", PROFILES)


@cache
def world(profile: str) -> World:
    return run(lambda: everything(site(profile)))


def args_of(kind: type[Component]) -> type:
    return getattr(inspect.getmodule(kind), f"{kind.__name__}Args")


def test_the_table_of_components_names_each_of_them() -> None:
    assert {kind.__name__: kind.__module__ for kind in FOUND} == {
        name: importlib.import_module(module).__dict__[name].__module__ for name, module in COMPONENTS.items()
    }
    assert list(COMPONENTS) == sorted(COMPONENTS)


@every_component
def test_a_component_has_a_sample(kind: type[Component]) -> None:
    assert kind in SAMPLES, f"add {kind.__name__} to SAMPLES in tests/components/world.py"


@every_component
def test_args_are_frozen_and_keyword_only(kind: type[Component]) -> None:
    args = args_of(kind)
    assert args.__dataclass_params__.frozen
    assert all(field.kw_only for field in fields(args))


@every_component
def test_every_optional_argument_says_what_leaving_it_out_means(kind: type[Component]) -> None:
    silent = []
    for base in args_of(kind).__mro__[:-1]:
        tree = ast.parse(inspect.getsource(base)).body[0]
        assert isinstance(tree, ast.ClassDef)
        for field, after in zip(tree.body, [*tree.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and field.value is not None:
                said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and str(after.value.value)
                if not said or "Left out" not in said:
                    silent.append(ast.unparse(field.target))
    assert silent == []


@every_component
def test_transforms_are_an_argument_of_every_component(kind: type[Component]) -> None:
    known = {field.name: field for field in fields(args_of(kind))}
    assert known["transforms"].default_factory is not MISSING


@every_component
def test_nodes_are_a_frozen_record(kind: type[Component]) -> None:
    assert kind.Nodes.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert kind.Nodes.__name__.endswith("Nodes")


@every_component
def test_every_child_can_be_transformed_under_the_name_of_its_node(kind: type[Component]) -> None:
    """Every node's transform is called in some profile, and nothing is made that has no node."""
    called: set[str] = set()

    def listen(key: str) -> Any:
        return lambda props, opts: called.add(key)

    made: dict[str, set[str]] = {}
    for profile in PROFILES:
        transforms = {key: listen(key) for key in kind.children()}

        def program(profile: str = profile, transforms: Any = transforms) -> None:
            component = make_sample(kind, Neighbours.make(site(profile)), transforms=transforms)
            made[profile] = {key for key, value in vars(component.nodes).items() if value}  # type: ignore[attr-defined]

        run(program)
    assert called == kind.children() == set.union(*made.values())


@every_component
def test_an_unknown_transform_lists_the_real_ones(kind: type[Component]) -> None:
    def program() -> None:
        make_sample(kind, Neighbours.make(site()), transforms={"nonsense": {}})

    with pytest.raises(BlueprintError) as caught:
        run(program)
    assert "nonsense" in caught.value.detail
    assert all(f"`{child}`" in caught.value.detail for child in kind.children())


@every_component
def test_a_type_token_is_the_name_of_the_class(kind: type[Component]) -> None:
    name = f"a-{kind.__name__.lower()}"
    found = {
        made.type for made in world("standard").resources if made.name == name and not made.type.startswith("aws:")
    }
    assert found == {f"mlops-iac:index:{kind.__name__}"}


@every_profile
def test_every_child_that_takes_tags_has_ours(profile: str) -> None:
    bare = []
    for made in cloud(profile):
        if get_facts(made.type).tags:
            tags = made.inputs.get("tags", {})
            wanted = {"mlops-iac:stack": "screening-dev", "mlops-iac:team": "screening", "mlops-iac:environment": "dev"}
            if not wanted.items() <= tags.items() or not {"mlops-iac:blueprint", "mlops-iac:component"} <= tags.keys():
                bare.append(made.name)
    assert bare == []


def test_a_team_cannot_hide_our_tags() -> None:
    stubborn = site(tags={"mlops-iac:stack": "other", "cost-centre": "42"})
    found = run(lambda: everything(stubborn)).get("a-datalake-bucket").inputs["tags"]
    assert (found["mlops-iac:stack"], found["cost-centre"]) == ("screening-dev", "42")


@every_profile
def test_physical_names_start_with_the_stack_and_keep_to_the_limit(profile: str) -> None:
    wrong = []
    for made in cloud(profile):
        rule = get_facts(made.type).name
        if rule is None:
            continue
        name = made.inputs[_camel(rule.prop)]
        start = rule.separator.join(("screening", "dev")) + rule.separator
        # AWS or the catalogue around them says how these begin.
        if made.type == "aws:cloudwatch/logGroup:LogGroup":
            name = re.sub(r"^/(aws/[a-zA-Z/]+|mlops-iac)/", "", name)
        elif made.type == "aws:glue/catalogTable:CatalogTable":
            assert made.inputs["databaseName"].startswith(start)
            continue
        if len(name) > rule.limit or not name.removeprefix(rule.prefix).startswith(start):
            wrong.append((made.name, name))
    assert wrong == []


@every_profile
def test_no_statement_allows_a_wildcard_action(profile: str) -> None:
    wide = [
        (made.name, action)
        for made, statement in statements(profile)
        if statement["Effect"] == "Allow" and made.type != DOOR
        for action in _list(statement["Action"])
        if "*" in action
    ]
    assert wide == []


@every_profile
def test_what_goes_through_the_networks_doors_is_this_account_s(profile: str) -> None:
    """Without a policy AWS lets anybody's credentials through to anybody's buckets."""
    doors = world(profile).of(DOOR)
    assert doors
    for door in doors:
        for statement in door.document("policy")["Statement"]:
            limits = statement.get("Condition", {}).get("StringEquals", {})
            layers = statement["Resource"] == [f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"]
            assert limits.get("aws:PrincipalAccount") == ACCOUNT or (layers and statement["Action"] == ["s3:GetObject"])
            if door.inputs["vpcEndpointType"] == "Gateway":
                assert layers or limits["aws:ResourceAccount"] == ACCOUNT


@every_profile
def test_only_what_aws_cannot_scope_is_allowed_on_every_resource(profile: str) -> None:
    wide = [
        (made.name, action)
        for made, statement in statements(profile)
        if statement["Effect"] == "Allow" and "*" in _list(statement.get("Resource", []))
        if made.type
        not in ("aws:kms/key:Key", DOOR)  # where every resource means this key; whose policy allows nothing
        for action in _list(statement["Action"])
        if action not in UNSCOPED
    ]
    assert wide == []


@every_profile
def test_every_principal_is_named_and_bound_to_this_account(profile: str) -> None:
    """A policy on a resource lets in services of this account, or the account itself; everybody only to be refused."""
    loose = []
    for made, statement in statements(profile):
        principal = statement.get("Principal")
        if principal is None or statement["Effect"] == "Deny" or made.type == DOOR:
            continue
        if made.type == "aws:sns/topicPolicy:TopicPolicy" and principal == {"Service": ["events.amazonaws.com"]}:
            assert "Condition" not in statement  # EventBridge would not publish
            continue
        services = _list(principal.get("Service", [])) if isinstance(principal, dict) else ["*"]
        condition = json.dumps(statement.get("Condition", {}))
        if "*" in json.dumps(principal) or (services and "123456789012" not in condition and not _no_source(services)):
            loose.append((made.name, principal))
    assert loose == []


@every_profile
def test_every_role_has_the_boundary_and_a_policy_of_named_resources(profile: str) -> None:
    roles = world(profile).of("aws:iam/role:Role")
    bound = {made.name for made in roles if "permissionsBoundary" in made.inputs}
    # Only the pipeline that `Monitoring` watches in the sample was made without a boundary.
    assert {made.name for made in roles} - bound == {"watched-role"}
    assert len(world(profile).of("aws:iam/rolePolicy:RolePolicy")) == len(roles)


@every_profile
def test_everything_that_is_granted_lies_within_the_boundary(profile: str) -> None:
    ceiling = world(profile).get("boundary-policy").document("policy")["Statement"]
    beyond = [
        (made.name, found)
        for made in world(profile).of("aws:iam/rolePolicy:RolePolicy")
        for statement in made.document("policy")["Statement"]
        if (found := outside(ceiling, statement))
    ]
    assert beyond == []


@every_profile
def test_the_boundary_of_everything_at_once_fits_into_a_managed_policy(profile: str) -> None:
    assert len(world(profile).get("boundary-policy").inputs["policy"]) <= LONGEST_MANAGED


OWNERS = [kind for kind in FOUND if any(name.startswith("grant_") for name in dir(kind))]


@pytest.mark.parametrize("kind", OWNERS, ids=lambda kind: kind.__name__)
def test_two_of_a_kind_are_ordinary(kind: type[Component]) -> None:
    """A role that two owners of one kind grant everything may do what each of them alone grants, and no more."""

    def granted(*names: str) -> set[tuple[str, str, str]]:
        def program() -> None:
            neighbours = Neighbours.make(site())
            made = [kind(Named(neighbours.site, name), SAMPLES[kind](neighbours)) for name in names]  # type: ignore[arg-type]
            role = Role(
                neighbours.site.named("asker"), RoleArgs(services=("states.amazonaws.com",), description="Asks")
            )
            for component in made:
                for grant in grants_of(component):
                    grant(role)

        return {
            (action, resource, json.dumps(statement.get("Condition"), sort_keys=True))
            for statement in run(program).get("asker-policy").document("policy")["Statement"]
            for action in statement["Action"]
            for resource in statement["Resource"]
        }

    one, other, both = granted("one"), granted("other"), granted("one", "other")
    assert both == one | other
    assert one != other or kind in {Encryption}  # the sample's world has one key


@every_profile
def test_nothing_is_public(profile: str) -> None:
    made = world(profile)
    assert not [r for r in made.resources if re.search(r"internetGateway|natGateway|:Eip", r.type)]
    assert not [r for r in made.resources if "0.0.0.0/0" in json.dumps(r.inputs) or "::/0" in json.dumps(r.inputs)]
    assert all(r.inputs["mapPublicIpOnLaunch"] is False for r in made.of("aws:ec2/subnet:Subnet"))
    buckets = {r.inputs["bucket"] for r in made.of("aws:s3/bucket:Bucket")}
    blocks = made.of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
    assert {r.inputs["bucket"] for r in blocks} == buckets
    assert all(value is True for r in blocks for key, value in r.inputs.items() if key != "bucket")


KEYED = {
    "aws:athena/workgroup:Workgroup": "kmsKeyArn",
    "aws:cloudwatch/logGroup:LogGroup": "kmsKeyId",
    "aws:ecr/repository:Repository": "kmsKey",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "kmsMasterKeyId",
    "aws:scheduler/schedule:Schedule": "kmsKeyArn",
    "aws:sfn/stateMachine:StateMachine": "kmsKeyId",
    "aws:sns/topic:Topic": "kmsMasterKeyId",
}
"""Types that take a customer key, and the property that names it."""


@pytest.mark.parametrize("profile", ["standard", "regulated"])
def test_everything_that_can_be_encrypted_with_the_key_is(profile: str) -> None:
    key = world(profile).get("key-key")
    arn = "arn:aws:kms:eu-west-1:123456789012:key/0000-1111"
    assert key.inputs["enableKeyRotation"] is True
    bare = [
        made.name
        for made in world(profile).of(*KEYED)
        if f'"{KEYED[made.type]}": "{arn}"' not in json.dumps(made.inputs) and not made.name.startswith("watched-")
    ]
    assert bare == []


def test_sandbox_has_no_key_to_pay_for_and_still_encrypts() -> None:
    assert world("sandbox").of("aws:kms/key:Key") == []
    rules = world("sandbox").get("a-datalake-encryption").inputs["rules"]
    assert rules[0]["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


def test_regulated_protects_what_holds_data() -> None:
    """Whatever a preview would announce as a loss."""
    holding = [made for made in cloud("regulated") if loses(made.type)]
    assert {"LogGroup", "Workgroup", "CatalogDatabase", "CatalogTable", "Bucket", "Key"} <= {
        made.type.rpartition(":")[2] for made in holding
    }
    assert {made.name for made in cloud("regulated") if made.protect} == {made.name for made in holding}
    assert not [
        made.name for made in cloud("regulated") if made.inputs.get("forceDestroy") or made.inputs.get("forceDelete")
    ]


def test_standard_lets_an_environment_go() -> None:
    assert not any(made.protect for made in world("standard").resources)
    assert world("standard").get("a-datalake-bucket").inputs["forceDestroy"] is True


@every_profile
def test_logs_do_not_grow_for_ever(profile: str) -> None:
    days = {made.inputs["retentionInDays"] for made in world(profile).of("aws:cloudwatch/logGroup:LogGroup")}
    assert days == {{"sandbox": 7, "standard": 30, "regulated": 365}[profile]}


def test_only_regulated_pays_for_interface_endpoints_and_flow_logs() -> None:
    for profile in PROFILES:
        made = world(profile)
        kinds = {r.inputs["vpcEndpointType"] for r in made.of("aws:ec2/vpcEndpoint:VpcEndpoint")}
        assert kinds == ({"Gateway", "Interface"} if profile == "regulated" else {"Gateway"})
        assert bool(made.of("aws:ec2/flowLog:FlowLog")) is (profile == "regulated")


@every_profile
def test_the_same_program_makes_the_same_documents(profile: str) -> None:
    again = run(lambda: everything(site(profile)))
    before, after = ({made.urn: made.inputs for made in w.resources} for w in (world(profile), again))
    assert before == after


@every_profile
def test_urns_are_unique(profile: str) -> None:
    urns = [made.urn for made in world(profile).resources]
    assert len(urns) == len(set(urns))


def cloud(profile: str) -> list[Made]:
    return [made for made in world(profile).resources if made.type.startswith("aws:")]


def statements(profile: str) -> list[tuple[Made, dict[str, Any]]]:
    """Every statement of every policy document, with the resource it belongs to."""
    return [
        (made, statement)
        for made in cloud(profile)
        for key in ("policy", "assumeRolePolicy")
        if key in made.inputs
        for statement in made.document(key).get("Statement", [])
    ]


def _no_source(services: list[str]) -> bool:
    """Services that do not send the source account when they assume a role."""
    return set(services) <= {"ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _camel(snake: str) -> str:
    head, *rest = snake.split("_")
    return head + "".join(word.title() for word in rest)


REACHABLE = r"""
import ast, importlib
from pathlib import Path
from mlops_iac.components import COMPONENTS

for module in COMPONENTS.values():
    importlib.import_module(module)
for file in Path("components").rglob("*.py"):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pulumi_aws."):
            package = importlib.import_module(".".join(node.module.split(".")[:2]))
            print(*[f"{package.__name__}.{a.name}\n" for a in node.names if not hasattr(package, a.name)], end="")
"""


def test_importing_components_leaves_every_class_of_pulumi_aws_in_its_package() -> None:
    """Importing a module of a package that is still lazy can leave the package without the module's class for good;
    then a team's own `aws.iam.Role` would fail. In a fresh process, because the order of imports decides."""
    command = [sys.executable, "-W", "ignore", "-c", REACHABLE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
