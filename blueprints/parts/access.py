"""Roles for persons, in whatever environment a blueprint made: what they may do, its components have said by then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlops_iac.core.access import LEVELS, Level

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.components.access import Member
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment


def with_access(site: Site, stack: StackConfig, environment: Environment) -> Environment:
    """The record with the roles in it; as it was where the stack file names nobody."""
    if not stack.access:
        return environment
    from mlops_iac.components.access import Access, AccessArgs, Member

    members: dict[Level, list[Member]] = {level: [] for level in LEVELS}
    for one in stack.access:
        members[one.level].append(Member(principal=one.principal, until=one.until, mfa=one.mfa))
    made = Access(site.named("access"), AccessArgs(members=members))
    return replace(environment, access=made.role_arns)
