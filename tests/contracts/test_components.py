"""What every component promises.

New components are found by themselves; each needs one sample in tests/components/world.py.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import mlops_iac.components
from mlops_iac.components import COMPONENTS
from mlops_iac.components._kit.base import Component
from mlops_iac.components.account import CiAccess
from mlops_iac.components.encryption import Encryption
from mlops_iac.components.identity import LONGEST_MANAGED
from mlops_iac.components.network import BATCH_ENDPOINTS, REGULATED_ENDPOINTS
from mlops_iac.components.notebooks.domain import StudioDomain
from mlops_iac.components.orchestrator.airflow import AirflowDag
from mlops_iac.core.facts import loses
from mlops_iac.testing.contracts import COMPONENT_LAWS, ComponentCase
from mlops_iac.testing.contracts.resources import DOOR
from tests.components.world import (
    ACCOUNT,
    ENVIRONMENTS,
    PROFILES,
    REGION,
    SAMPLE_REACH,
    SAMPLES,
    Made,
    World,
    everything,
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
every_component = pytest.mark.parametrize("kind", FOUND, ids=lambda kind: kind.__name__)
every_profile = pytest.mark.parametrize("profile", PROFILES)


@cache
def world(profile: str) -> World:
    return run(lambda: everything(site(profile)))


def test_the_table_of_components_names_each_of_them() -> None:
    assert {kind.__name__: kind.__module__ for kind in FOUND} == {
        name: importlib.import_module(module).__dict__[name].__module__ for name, module in COMPONENTS.items()
    }
    assert list(COMPONENTS) == sorted(COMPONENTS)


SHARED = (AirflowDag, Encryption, StudioDomain)
"""A world has one key and one secret of a repository, and DAGs of one Airflow are started by one right."""
CASES = {
    kind: ComponentCase(
        kind=kind,
        args=args,
        also=SAMPLE_REACH,
        bounded=kind is not CiAccess,
        shares=kind in SHARED,
    )
    for kind, args in SAMPLES.items()
}


@every_component
@pytest.mark.parametrize("law", COMPONENT_LAWS, ids=lambda law: law.__name__)
def test_every_component_keeps(law: Callable[[ComponentCase], None], kind: type[Component]) -> None:
    law(CASES[kind])


@every_component
def test_a_component_has_a_sample(kind: type[Component]) -> None:
    assert kind in SAMPLES, f"add {kind.__name__} to SAMPLES in tests/components/world.py"


def test_a_team_cannot_hide_our_tags() -> None:
    stubborn = site(tags={"mlops-iac:stack": "other", "cost-centre": "42"})
    found = run(lambda: everything(stubborn)).get("a-datalake-bucket").inputs["tags"]
    assert (found["mlops-iac:stack"], found["cost-centre"]) == ("screening-dev", "42")


@every_profile
def test_what_goes_through_the_networks_doors_is_this_account_s(profile: str) -> None:
    """Without a policy AWS lets anybody's credentials through to anybody's buckets."""
    # Services of others take no policy.
    doors = [door for door in world(profile).of(DOOR) if ".vpce." not in door.inputs["serviceName"]]
    assert doors
    for door in doors:
        for statement in door.document("policy")["Statement"]:
            limits = statement.get("Condition", {}).get("StringEquals", {})
            layers = statement["Resource"] == [f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"]
            assert limits.get("aws:PrincipalAccount") == ACCOUNT or (layers and statement["Action"] == ["s3:GetObject"])
            if door.inputs["vpcEndpointType"] == "Gateway":
                assert layers or limits["aws:ResourceAccount"] == ACCOUNT


@every_profile
def test_the_boundary_of_everything_at_once_fits_into_a_managed_policy(profile: str) -> None:
    for made in (
        world(profile),
        *(run(lambda make=make: make(site(profile))) for make in ENVIRONMENTS[1:]),
    ):
        assert len(made.get("boundary-policy").inputs["policy"]) <= LONGEST_MANAGED


def test_sandbox_has_no_key_to_pay_for_and_still_encrypts() -> None:
    """But the one that signs models, where somebody asks for signatures: S3 has no key that signs."""
    assert [one.name for one in world("sandbox").of("aws:kms/key:Key")] == ["a-modelsigning-key"]
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


@pytest.mark.parametrize(
    ("profile", "services"),
    [
        ("sandbox", set()),
        ("standard", {*BATCH_ENDPOINTS}),
        ("regulated", {*BATCH_ENDPOINTS, *REGULATED_ENDPOINTS}),
    ],
)
def test_a_network_pays_for_the_ways_to_aws_that_its_profile_needs(profile: str, services: set[str]) -> None:
    """The sample has machines of queues in it."""
    made = world(profile)
    ways = [way.inputs for way in made.of("aws:ec2/vpcEndpoint:VpcEndpoint")]
    paid = [way for way in ways if way["vpcEndpointType"] == "Interface" and ".vpce-svc-" not in way["serviceName"]]
    assert {way["serviceName"].removeprefix(f"com.amazonaws.{REGION}.") for way in paid} == services
    assert {len(way["subnetIds"]) for way in paid} <= {2}, "standard and regulated go on when a zone is down"
    assert bool(made.of("aws:ec2/internetGateway:InternetGateway")) is (profile == "sandbox")
    assert bool(made.of("aws:ec2/flowLog:FlowLog")) is (profile == "regulated")


def cloud(profile: str) -> list[Made]:
    return [made for made in world(profile).resources if made.type.startswith("aws:")]


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
