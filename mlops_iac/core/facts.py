"""What is known of each resource type: one record, which everything that asks about a type reads.

The records are in `resource_types.py`; a package whose components make other types brings its own by the entry point
group ``mlops_iac.facts``: a mapping of type tokens to `Facts`.

On the ground floor, because both wings ask: components name, tag and protect what they make, renderers tell what a
change would lose. What an owner may allow on a type is not here: it stands beside the owner's grants
(`Component.reach`), which would otherwise say the same twice.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_iac.core.plugins import Family


@dataclass(frozen=True, kw_only=True)
class NameRule:
    """How one resource type wants to be called."""

    limit: int
    """Characters, at most, of the whole name: that of the parameter that carries it in the service's API reference."""
    prop: str = "name"
    """The argument that carries the name."""
    separator: str = "-"
    """What stands between words: Glue's and Athena's SQL wants underscores."""
    prefix: str = ""
    """What AWS demands in front."""
    tail: str = ""
    """What our part of the name ends in where the provider adds a random one: a replacement is made while what it
    replaces is still in use."""
    unique: bool = False
    """The name is global to all accounts: it ends in a hash of account, region and stack."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One resource type."""

    service: str
    """The service that a region must offer, as SDKs call its client."""
    name: NameRule | None = None
    """Left out: AWS names it, by number or after what it belongs to."""
    tags: str = ""
    """The argument that carries its tags. Left out: it takes none."""
    key: str = ""
    """The argument that names the customer's key it is encrypted with, at whatever depth. Left out: it takes none."""
    loses: str = ""
    """What its deletion loses that no `up` makes again; it is protected where the environment is. Left out: nothing.
    Roles, policies, alarms and rules hold nothing, and what uses them is wired anew by the same update."""


def _accept(name: str, records: Any) -> Mapping[str, Facts]:
    if not isinstance(records, Mapping):
        raise ValueError("is no mapping of type tokens to Facts")
    wrong = next((token for token, facts in records.items() if not isinstance(facts, Facts)), None)
    if wrong is not None:
        raise ValueError(f"holds for `{wrong}` something that is no `Facts`")
    return records


FAMILY = Family(
    noun="record",
    group="mlops_iac.facts",
    ours={},
    accept=_accept,
    contract="`Facts` in mlops_iac/core/facts.py",
)
"""Mappings of records that installed packages bring."""


def find_facts(token: str) -> Facts | None:
    """The record of a type, or None. Packages are asked only for what no component of ours makes."""
    from mlops_iac.core.resource_types import HELD, MADE

    if token in MADE or token.startswith(("pulumi:", "mlops-iac:")):
        return MADE.get(token)
    return _added().get(token) or HELD.get(token)


def known_types() -> tuple[str, ...]:
    """Every type with a record, sorted."""
    from mlops_iac.core.resource_types import HELD, MADE

    return tuple(sorted({*MADE, *HELD, *_added()}))


@functools.cache
def _added() -> Mapping[str, Facts]:
    """What packages bring. A broken one is left out here, so that it keeps nobody from the others; its own types are
    then without a record, and `mlops-iac plugins` says why. Of two records of one type the first package's counts."""
    found: dict[str, Facts] = {}
    for member in FAMILY.strangers():
        found = {**(member.thing or {}), **found}
    return found


def loses(token: str) -> str:
    """What a type's deletion loses; empty when nothing is lost, or nothing is known."""
    facts = find_facts(token)
    return facts.loses if facts else ""
