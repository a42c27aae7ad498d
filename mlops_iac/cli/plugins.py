"""``mlops-iac plugins``: what installed packages add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from mlops_iac.core.plugins import Family, Member


def plugins(json: JsonOption = False) -> None:
    """List what installed packages add: blueprints, components, kinds of steps and of
    external systems, policies, records of resource types.

    What cannot be used is listed with the reason; it keeps nobody from the rest.

    Example: mlops-iac plugins
    """
    from mlops_iac.cli.console import show, show_json

    found = [(family, member) for family in families() for member in family.strangers()]
    if json:
        show_json({"plugins": [_to_json(family, member) for family, member in found]})
    elif not found:
        show("No installed package adds anything.")
    else:
        show("\n".join(_lines(found)))


def families() -> tuple[Family, ...]:
    """Everything that packages can add to."""
    from mlops_iac import blueprints, components, external
    from mlops_iac.core import facts
    from mlops_iac.pipelines import steps
    from mlops_iac.policy import table

    return (blueprints.FAMILY, components.FAMILY, steps.FAMILY, external.FAMILY, facts.FAMILY, table.FAMILY)


def _lines(found: list[tuple[Family, Member]]) -> Iterator[str]:
    kinds = max(len(family.noun) for family, _ in found)
    names = max(len(member.name) for _, member in found)
    for family, member in found:
        yield f"{family.noun:<{kinds}}  {member.name:<{names}}  {member.package}"
        if member.problem:
            yield f"{'':<{kinds}}  cannot be used: {member.problem.detail} {member.problem.hint}"


def _to_json(family: Family, member: Member) -> dict[str, Any]:
    assert member.plugin
    told = {"kind": family.noun, "name": member.name, "package": member.package, "address": member.plugin.address}
    return {**told, "error": member.problem.detail if member.problem else None}
