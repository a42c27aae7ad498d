"""How far the owners of an environment may let its roles reach: each component declares its part, the boundary is all
of them.

A boundary allows nothing by itself. It is the ceiling of what roles may ever do, so that a policy that somebody widens
by hand still ends at the environment's own names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.core.unscoped import UNSCOPED

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site

OWN_NAMES: Mapping[str, str] = {"s3": "{stack}-*", "sns": "{stack}-*", "sqs": "{stack}-*", "states": "*:{stack}-*"}
"""Service to where a name stands in its ARNs; in those of any other it comes after a slash (``endpoint/NAME``).

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Actions that an owner may allow, and the furthest that they may reach."""

    actions: tuple[str, ...]
    on: tuple[str, ...] = ()
    """Patterns of resources in this account and region, of the actions' one service (``key/*``), or of whole ARNs
    (``arn:{partition}:ecr:{region}:*:repository/*``); ``{stack}`` and ``{stack_words}`` (underscores for hyphens)
    stand for this environment's name. Left out: whatever starts with the environment's name."""
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """IAM condition operator to key to value, with the same words in braces. Left out: none."""

    @property
    def service(self) -> str:
        return self.actions[0].partition(":")[0]


class Ceiling:
    """What the components of one site declared, collected while the program builds."""

    def __init__(self) -> None:
        self._reaches: dict[tuple[Any, ...], Reach] = {}
        self._adopted: list[tuple[tuple[str, ...], pulumi.Input[str]]] = []

    def add(self, reaches: Iterable[Reach]) -> None:
        """One component's part; the same part twice is one part."""
        for reach in reaches:
            self._reaches.setdefault((reach.actions, reach.on, repr(reach.conditions)), reach)

    def adopt(self, actions: tuple[str, ...], arn: pulumi.Input[str]) -> None:
        """These actions on one thing that the environment uses and did not make; of a bucket, on its objects too."""
        self._adopted.append((actions, arn))

    @property
    def actions(self) -> frozenset[str]:
        """Every action that some owner may allow."""
        declared = {action for reach in self._reaches.values() for action in reach.actions}
        return frozenset(declared | {action for actions, _ in self._adopted for action in actions})

    def statements(self, site: Site, *, apart: bool = False) -> list[dict[str, Any]]:
        """The ceiling as statements of a policy: those on the environment's own names are one, and those on the same
        patterns are one. ``apart``: those of different services are not put together to save room."""
        found: dict[str, dict[str, Any]] = {}
        for reach in self._reaches.values():
            for sid, part, resources, conditions in _parts(site, reach):
                known = found.setdefault(sid, {"Action": set(), "Resource": {}, "Condition": conditions})
                known["Action"].update(part)
                known["Resource"].update(resources)
        return [*_rendered([*found.values()] if apart else _together(found)), *self._adoptions()]

    def _adoptions(self) -> list[dict[str, Any]]:
        by_actions: dict[tuple[str, ...], list[pulumi.Input[str]]] = {}
        for actions, arn in self._adopted:
            inside = [pulumi.Output.concat(arn, "/*")] if actions[0].startswith("s3:") else []
            by_actions.setdefault(tuple(sorted(actions)), []).extend([arn, *inside])
        return [{"Effect": "Allow", "Action": list(actions), "Resource": arns} for actions, arns in by_actions.items()]


def _parts(
    site: Site, reach: Reach
) -> Iterator[tuple[str, Iterable[str], dict[str, pulumi.Input[str]], dict[str, Any]]]:
    """Key of the statement, actions, resources by their pattern, conditions."""
    words = {
        "stack": site.stack,
        "stack_words": site.stack.replace("-", "_"),
        "partition": site.partition,
        "region": site.region,
    }
    unscoped = [action for action in reach.actions if action in UNSCOPED and not reach.on]
    if unscoped:
        yield "unscoped", unscoped, {"*": "*"}, {}
    scoped = [action for action in reach.actions if action not in unscoped]
    if not scoped:
        return
    on = reach.on or (OWN_NAMES.get(reach.service, "*/{stack}-*"),)
    resources = {f"{reach.service}:{pattern}": _arn(site, reach.service, pattern, words) for pattern in on}
    conditions = {
        operator: {key: value.format(**words) for key, value in of.items()} for operator, of in reach.conditions.items()
    }
    own = not reach.on and not conditions
    yield "own" if own else repr((sorted(resources), conditions)), scoped, resources, conditions


def _arn(site: Site, service: str, pattern: str, words: Mapping[str, str]) -> pulumi.Input[str]:
    """What has the environment's name is its own in every region; the region's name is room that IAM does not give."""
    resource = pattern.format(**words)
    if resource.startswith("arn:"):
        return resource
    if service == "s3":
        return f"arn:{site.partition}:s3:::{resource}"
    region = "" if service == "iam" else "*" if "{stack" in pattern else site.region
    return site.account.apply(lambda account: f"arn:{site.partition}:{service}:{region}:{account}:{resource}")


def _rendered(found: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for statement in found:
        rendered = {
            "Effect": "Allow",
            "Action": sorted(statement["Action"]),
            "Resource": list(statement["Resource"].values()),
        }
        yield {**rendered, "Condition": statement["Condition"]} if statement["Condition"] else rendered


def _together(found: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Statements of different services as one: an action means nothing on what belongs to another service, and each
    statement less is 45 characters of the few that IAM takes."""
    kept: list[dict[str, Any]] = []
    merged: list[dict[str, Any]] = []
    for sid, statement in sorted(found.items()):
        if statement["Condition"] or sid == "unscoped":
            kept.append(statement)
            continue
        free = (one for one in merged if not _services(one) & _services(statement))
        place = next(free, None)
        if place is None:
            place = {"Action": set(), "Resource": {}, "Condition": {}}
            merged.append(place)
        place["Action"] |= statement["Action"]
        place["Resource"].update(statement["Resource"])
    return [*merged, *kept]


def _services(statement: Mapping[str, Any]) -> set[str]:
    return {action.partition(":")[0] for action in statement["Action"]}


def without_repeats(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that say something which none before them says: what is adopted may lie within what is declared, and IAM
    takes few characters."""
    return [one for number, one in enumerate(statements) if outside(statements[:number], one)]


def outside(ceiling: Iterable[Mapping[str, Any]], granted: Mapping[str, Any]) -> list[str]:
    """What of a granted statement no statement of a ceiling covers: ``action on resource``."""
    near = [
        statement for statement in ceiling if _implied(statement.get("Condition", {}), granted.get("Condition", {}))
    ]
    return [
        f"`{action}` on `{resource}`"
        for action in granted["Action"]
        for resource in granted["Resource"]
        if not any(
            action in statement["Action"] and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
            for statement in near
        )
    ]


def _implied(demanded: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether everything that a statement of the ceiling demands is demanded by the grant as well."""
    return all(
        given.get(operator, {}).get(key) == value for operator, of in demanded.items() for key, value in of.items()
    )
