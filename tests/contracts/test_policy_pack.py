"""What every policy of the pack promises. New ones are found by themselves; and our own components keep them all."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache

import pytest

import mlops_iac.policy.rules
from mlops_iac.core.severity import Severity
from mlops_iac.policy import Policy, Report, Resource, Settings, report
from mlops_iac.policy.table import POLICIES
from mlops_iac.testing.contracts import POLICY_LAWS, PolicyCase
from tests.components.world import ENVIRONMENTS, PROFILES, World, run, site
from tests.contracts.test_options import CASES

FOUND = {
    module.name: [
        thing
        for thing in vars(importlib.import_module(module.name)).values()
        if inspect.isclass(thing) and issubclass(thing, Policy) and thing.__module__ == module.name
    ]
    for module in pkgutil.walk_packages(mlops_iac.policy.rules.__path__, "mlops_iac.policy.rules.")
}
KINDS = sorted((kind for kinds in FOUND.values() for kind in kinds), key=lambda kind: kind.name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("law", POLICY_LAWS, ids=lambda law: law.__name__)
def test_every_policy_keeps(law: Callable[[PolicyCase], None], kind: type[Policy]) -> None:
    law(PolicyCase(kind=kind))


def test_one_file_is_one_policy_and_one_line_of_the_table() -> None:
    assert [module for module, kinds in FOUND.items() if len(kinds) > 1] == []
    assert {kind.name: f"{kind.__module__}:{kind.__name__}" for kind in KINDS} == POLICIES
    assert list(POLICIES) == sorted(POLICIES)
    named = [module for module, kinds in FOUND.items() if kinds]
    assert sorted(kind.name.replace("-", "_") for kind in KINDS) == sorted(one.rpartition(".")[2] for one in named)


UNUSED = "a-boundary-policy"
"""The world's sample of a boundary, which bounds no role of it."""


@cache
def worlds(profile: str) -> tuple[World, ...]:
    return tuple(run(lambda make=make: make(site(profile))) for make in ENVIRONMENTS)


def judged(world: World, profile: str) -> Report:
    # The world knows what a resource depends on, and not by which of its inputs.
    resources = [
        Resource(
            **{key: getattr(made, key) for key in ("type", "name", "inputs", "urn", "parent", "protect")},
            links=dict.fromkeys(made.inputs, made.dependencies),
        )
        for made in world.resources
        if made.name != UNUSED
    ]
    return report(resources, Settings(profile=profile, protects=profile == "regulated", stack="screening-dev"))


def grave(found: Report) -> list[tuple[str, str, str]]:
    return [(one.rule, one.resource, one.detail) for one in found.open if one.severity is not Severity.ADVICE]


@pytest.mark.parametrize("profile", PROFILES)
def test_our_own_components_keep_every_policy(profile: str) -> None:
    assert [told for world in worlds(profile) for told in grave(judged(world, profile))] == []


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_every_blueprint_keeps_every_policy_when_all_is_known(name: str, profile: str) -> None:
    """Against mocks that answer ARNs: policies of roles and definitions of pipelines are there to be read."""
    case = CASES[name]
    known = set(case.blueprint.Options.model_fields)
    contexts = [{key: value for key, value in one.items() if key in known} for one in case.contexts]
    found = [case.built(profile, options) for options in contexts]
    assert [told for built in found if built for told in grave(judged(built[0], profile))] == []
    assert any(found)
