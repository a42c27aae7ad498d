"""Where a component stands: whose environment it is part of, in which region and account, under which security
profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pulumi

from mlops_iac.components._kit.people import People
from mlops_iac.components._kit.reach import Ceiling
from mlops_iac.components._kit.transforms import ByType
from mlops_iac.core.access import partition_of

Profile = Literal["sandbox", "standard", "regulated"]
"""How much an environment protects.

sandbox     for trying things: S3-managed encryption, short retention, everything can be destroyed
standard    the default: one customer key, private subnets, isolated jobs, 30 days of logs
regulated   standard, plus interface endpoints, flow logs, a year of logs, what holds data is protected
"""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One environment of one team, as every component of it sees it."""

    team: str
    environment: str
    blueprint: str
    region: str
    account_id: pulumi.Input[str]
    profile: Profile = "standard"
    """Left out: `standard`."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """The team's own tags. Left out: only ours."""
    protect: bool | None = None
    """Refuse to delete what holds data. Left out: not protected, except under `regulated`. A plain False holds there
    too: somebody must be able to end a regulated environment on purpose."""

    transforms: ByType = field(default_factory=lambda: ByType({}))
    """What the program changes in every resource of a type. Left out: nothing."""

    renamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Logical name of a resource, or of a component with all that is in it, to those it had in earlier versions of the
    blueprint, nearest first. Left out: nothing was renamed."""

    @property
    def stack(self) -> str:
        return f"{self.team}-{self.environment}"

    def former_names(self, logical: str) -> tuple[str, ...]:
        """What a resource was called in earlier versions of the blueprint, nearest first."""
        for now, former in self.renamed.items():
            if logical == now or logical.startswith(f"{now}-"):
                return tuple(was + logical.removeprefix(now) for was in former)
        return ()

    def naming(self, logical: str) -> str:
        """What a physical name is made of: a resource that is renamed here keeps its name in the cloud."""
        return (logical, *self.former_names(logical))[-1]

    @property
    def partition(self) -> str:
        """AWS's partition, which every ARN starts with; it follows from the region's name."""
        return partition_of(self.region)

    @cached_property
    def account(self) -> pulumi.Output[str]:
        """The account's id, as an Output in any case."""
        return pulumi.Output.from_input(self.account_id)

    @cached_property
    def ceiling(self) -> Ceiling:
        """The most that the roles of this site may ever do; every component that is made here adds its part."""
        return Ceiling()

    @cached_property
    def people(self) -> People:
        """What persons may do here; every component that is made here adds its part."""
        return People()

    @cached_property
    def roles(self) -> list[Any]:
        """Every role that is made here (`components/identity.py`), in the order in which they are."""
        return []

    @property
    def protected(self) -> bool:
        return self.profile == "regulated" if self.protect is None else self.protect

    @property
    def isolated(self) -> bool:
        """Jobs have no network, and talk among themselves encrypted only."""
        return self.profile != "sandbox"

    @property
    def log_days(self) -> int:
        """How long CloudWatch keeps logs: one of the retention periods that CloudWatch Logs offers, in days."""
        return {"sandbox": 7, "standard": 30, "regulated": 365}[self.profile]

    def named(self, name: str) -> Named:
        """The first argument of every component: this site, and the component's logical name in it."""
        return Named(self, name)

    def arn(self, service: str, resource: str, *, region: bool = True) -> pulumi.Output[str]:
        """An ARN in this account. ``region=False`` for services that are not regional (IAM, Budgets)."""
        place = self.region if region else ""
        return self.account.apply(lambda account: f"arn:{self.partition}:{service}:{place}:{account}:{resource}")


@dataclass(frozen=True)
class Named:
    """A component's place: its site and its logical name."""

    site: Site
    name: str

    def child(self, name: str) -> Named:
        """The place of a component inside this one."""
        return Named(self.site, f"{self.name}-{name}")
