"""What every component promises: laws on one component, with a sample of its arguments."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from typing import Any

from mlops_iac.components._kit import Grant, Named, Reach
from mlops_iac.components._kit.base import Component
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.syntax_trees import parse_class
from mlops_iac.testing.contracts.world import ACCOUNT, PROFILES, REGION, Made, Neighbours, World, grants_of, run, site

Args = Callable[[Neighbours], Any]
"""Arguments of a component, wired to the ground of an environment."""

NAME, ASKER = "sample", "asker"


@dataclass(frozen=True, kw_only=True, eq=False)
class ComponentCase:
    """A component to hold to the laws: `COMPONENT_LAWS`."""

    kind: type[Component]
    args: Args
    """Arguments under which it makes all that a profile allows."""
    also: tuple[Reach, ...] = ()
    """What the sample's roles may do besides what components allow. Left out: nothing."""
    bounded: bool = True
    """Its roles stand under the environment's boundary. False for those of an account, which is no environment."""
    shares: bool = False
    """Two of it may grant the very same, because both stand for one thing. Left out: each grants its own."""

    def make(self, neighbours: Neighbours, name: str = NAME, **change: Any) -> Any:
        kind: Any = self.kind
        return kind(Named(neighbours.site, name), replace(self.args(neighbours), **change))

    def neighbours(self, profile: str) -> Neighbours:
        return Neighbours.make(site(profile), *self.also, Reach(actions=_OWN.actions))

    def world(self, profile: str) -> World:
        """What it makes in a profile, beside its neighbours and a role to which it granted all that it can grant."""
        return _seen(self, profile).world

    def made(self, profile: str) -> list[Made]:
        """The resources of its own, those of components inside it included."""
        return _below(self.world(profile), _token(self.kind), NAME)

    def granted(self, *names: str) -> World:
        """A world in which components of these names grant one role everything."""

        def program() -> None:
            neighbours = self.neighbours("standard")
            _ask(neighbours, [self.make(neighbours, name) for name in names])

        return run(program)


Law = Callable[[ComponentCase], None]

_OWN = Grant(
    owner=ASKER,
    what="be",
    actions=("dynamodb:DescribeTable",),
    resources=(f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/screening-dev-own",),
)
"""The asker's own, so that there is a role where a component grants nothing."""


@dataclass(frozen=True)
class _Seen:
    world: World
    called: frozenset[str]
    """Children whose transform was called."""
    nodes: frozenset[str]
    """Nodes that are there."""


@cache
def _seen(case: ComponentCase, profile: str) -> _Seen:
    called: set[str] = set()
    nodes: set[str] = set()

    def listen(key: str) -> Any:
        return lambda props, opts: called.add(key)

    def program() -> None:
        neighbours = case.neighbours(profile)
        component = case.make(neighbours, transforms={key: listen(key) for key in case.kind.children()})
        nodes.update(key for key, value in vars(component.nodes).items() if value)
        _ask(neighbours, [component])

    world = run(program)
    return _Seen(world, frozenset(called), frozenset(nodes))


def _ask(neighbours: Neighbours, owners: list[Component]) -> None:
    """Have a role that owners grant everything."""
    args = RoleArgs(
        services=("states.amazonaws.com",), description="Asks", boundary=neighbours.boundary.ref, grants=[_OWN]
    )
    role = Role(neighbours.site.named(ASKER), args)
    for owner in owners:
        for grant in grants_of(owner):
            grant(role)


def _below(world: World, token: str, name: str) -> list[Made]:
    within = {made.urn for made in world.resources if (made.type, made.name) == (token, name)}
    found: list[Made] = []
    for made in world.resources:  # parents are registered before their children
        if made.parent in within:
            within.add(made.urn)
            found.append(made)
    return [made for made in found if not made.type.startswith("mlops-iac:")]


def _token(kind: type[Component]) -> str:
    return f"mlops-iac:index:{kind.__name__}"


def _args_of(kind: type[Component]) -> Any:
    return getattr(inspect.getmodule(kind), f"{kind.__name__}Args")


def args_are_frozen_and_keyword_only(case: ComponentCase) -> None:
    args = _args_of(case.kind)
    assert args.__dataclass_params__.frozen
    assert all(field.kw_only for field in fields(args))


def every_optional_argument_says_what_leaving_it_out_means(case: ComponentCase) -> None:
    assert [name for base in _args_of(case.kind).__mro__[:-1] for name in _silent(base)] == []


def _silent(args: type) -> Iterator[str]:
    """Optional fields that no text with `Left out` follows."""
    tree = parse_class(args)
    for field, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and field.value is not None:
            said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and str(after.value.value)
            if not said or "Left out" not in said:
                yield ast.unparse(field.target)


def transforms_are_an_argument(case: ComponentCase) -> None:
    known = {field.name: field for field in fields(_args_of(case.kind))}
    assert known["transforms"].default_factory is not MISSING


def nodes_are_a_frozen_record(case: ComponentCase) -> None:
    nodes: Any = case.kind.Nodes
    assert nodes.__dataclass_params__.frozen
    assert nodes.__name__.endswith("Nodes")


def every_child_can_be_transformed_under_the_name_of_its_node(case: ComponentCase) -> None:
    """Every node's transform is called in some profile, and nothing is made that has no node."""
    seen = [_seen(case, profile) for profile in PROFILES]
    called, nodes = (
        frozenset().union(*parts) for parts in zip(*((one.called, one.nodes) for one in seen), strict=True)
    )
    assert called == case.kind.children() == nodes


def an_unknown_transform_lists_the_real_ones(case: ComponentCase) -> None:
    refused = _refused(lambda: case.make(case.neighbours("standard"), transforms={"nonsense": {}}))
    assert refused is not None, "a transform for a child that is not there was taken"
    assert "nonsense" in refused.detail
    assert all(f"`{child}`" in refused.detail for child in case.kind.children())


def _refused(program: Callable[[], object]) -> BlueprintError | None:
    try:
        run(program)
    except BlueprintError as error:
        return error
    return None


def its_type_token_is_the_name_of_its_class(case: ComponentCase) -> None:
    kinds = {made.type for made in case.world("standard").resources if made.name == NAME}
    assert _token(case.kind) in kinds


def its_idle_cost_is_told(case: ComponentCase) -> None:
    """A comment in its module, which the reference shows: what it costs while nobody uses it."""
    assert "\n# Idle cost: " in inspect.getsource(inspect.getmodule(case.kind) or case.kind)


def the_same_program_makes_the_same_documents(case: ComponentCase) -> None:
    again = _seen.__wrapped__(case, "standard").world
    before, after = ({made.urn: made.inputs for made in world.resources} for world in (case.world("standard"), again))
    assert before == after


def every_grant_names_its_owner(case: ComponentCase) -> None:
    """A statement's id starts with the name of the component that granted it, so that a refusal leads there."""
    assert [s["Sid"] for s in _policy(case.world("standard")) if not s["Sid"].lower().startswith(NAME)] == []


def two_of_a_kind_are_ordinary(case: ComponentCase) -> None:
    """A role that two of them grant everything may do what each alone grants, and no more."""
    if not any(name.startswith("grant_") for name in dir(case.kind)):
        return
    one, other, both = (_rights(case.granted(*names)) for names in (("one",), ("other",), ("one", "other")))
    assert both == one | other
    assert one != other or case.shares


def _rights(world: World) -> set[tuple[str, str, str]]:
    return {
        (action, resource, json.dumps(statement.get("Condition"), sort_keys=True))
        for statement in _policy(world)
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def _policy(world: World) -> list[Mapping[str, Any]]:
    """What was granted to the asker, its own apart."""
    statements: list[Mapping[str, Any]] = world.get(f"{ASKER}-policy").document("policy")["Statement"]
    return [statement for statement in statements if not statement["Sid"].lower().startswith(ASKER)]
