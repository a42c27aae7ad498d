"""Permissions as data: owners grant, roles render, the boundary is the sum of what owners may grant.

The lake knows which actions reading needs; the trainer does not. ``lake.grant_read(role)`` makes a `Grant` and gives
it to the role, which renders all its grants into one inline policy. What the lake may grant at all it declares as its
`Reach` (``_kit/reach.py``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pulumi

from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.unscoped import UNSCOPED


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one owner allows: named actions on named resources."""

    owner: str
    """Name of the component that allows it (``lake``): two lakes are two owners."""
    what: str
    """What it allows, one word or two (``read``): one owner means the same actions and conditions by it each time."""
    actions: tuple[str, ...]
    resources: tuple[pulumi.Input[str], ...]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """IAM condition operator to key to value. Left out: none."""
    effect: Literal["Allow", "Deny"] = "Allow"
    """Left out: it allows. What denies goes before whatever anybody allows."""

    def __post_init__(self) -> None:
        problems = [f"action `{action}` has a wildcard" for action in self.actions if "*" in action]
        if "*" in self.resources:
            problems += [f"`{action}` on every resource" for action in self.actions if action not in UNSCOPED]
        if not self.actions or not self.resources or not _words(self.owner) or not _words(self.what):
            problems.append("a grant has an owner, a word for what it allows, at least one action and one resource")
        if problems:
            raise BlueprintError(
                "A grant is too wide.",
                f"Grant `{self.sid}`: {'; '.join(problems)}.",
                hint="name each action and resource; what AWS cannot scope is listed in mlops_iac/core/unscoped.py.",
            )

    @property
    def sid(self) -> str:
        """Letters and digits, as IAM takes them: ``LakeRead``."""
        return "".join(word[:1].upper() + word[1:] for word in (*_words(self.owner), *_words(self.what)))

    def united(self, other: Grant) -> Grant:
        """Both as one, on the resources of both. Raises BlueprintError when they are not about the same."""
        if (self.owner, self.what) != (other.owner, other.what) or self._terms() != other._terms():
            raise BlueprintError(
                "Two grants have one name.",
                f"`{self.sid}` is `{self.what}` of `{self.owner}`, and `{other.what}` of `{other.owner}` with other "
                "actions or conditions.",
                hint="give what an owner allows a word of its own for each set of actions and conditions.",
            )
        known = {id(resource) for resource in self.resources} | {r for r in self.resources if isinstance(r, str)}
        more = tuple(r for r in other.resources if id(r) not in known and not (isinstance(r, str) and r in known))
        return replace(self, resources=(*self.resources, *more))

    def statement(self) -> dict[str, Any]:
        """The grant as one statement of a policy document; values may be Outputs."""
        statement: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": sorted(set(self.actions)),
            "Resource": list(self.resources),
        }
        if self.conditions:
            statement["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return statement

    def _terms(self) -> tuple[frozenset[str], str, str]:
        """Actions and conditions, comparable: an Output among the values stands for its operator and key only."""
        keys = sorted(
            (operator, key, "" if isinstance(value, pulumi.Output) else repr(value))
            for operator, of in self.conditions.items()
            for key, value in of.items()
        )
        return frozenset(self.actions), repr(keys), self.effect


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", name)
