"""What persons may do in an environment, by how far they are trusted.

Components declare their part, beside what roles of theirs may reach (`reach.py`): the lake knows what reading it takes,
the orchestrator what starting a run takes. `components/access.py` makes roles of all parts together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from mlops_iac.components._kit.grants import Grant
from mlops_iac.components._kit.reach import Ceiling, Reach
from mlops_iac.core.access import LEVELS, Level

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site

Declared = Mapping[Level, tuple[Reach, ...]]
"""What a level may do that the levels below it may not."""


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Actions on one thing that has no name of the environment's."""

    level: Level
    what: str
    actions: tuple[str, ...]
    arn: pulumi.Input[str]
    conditions: Mapping[str, Mapping[str, Any]]


KEY_USES: Final[tuple[tuple[Level, str, tuple[str, ...], tuple[str, ...], str], ...]] = (
    ("viewer", "key reads", ("kms:Decrypt",), ("s3", "states"), "all"),
    ("scientist", "key writes", ("kms:GenerateDataKey",), ("s3", "states"), "all"),
    ("admin", "key answers", ("kms:Decrypt",), ("sqs",), "all"),
    ("viewer", "lake key reads", ("kms:Decrypt",), ("s3",), "lake"),
    ("scientist", "lake key writes", ("kms:GenerateDataKey",), ("s3",), "lake"),
    ("viewer", "log key reads", ("kms:Decrypt",), ("states",), "logs"),
    ("scientist", "log key writes", ("kms:GenerateDataKey",), ("states",), "logs"),
    ("admin", "trail key reads", ("kms:Decrypt",), ("s3",), "logs"),
    ("admin", "secret key answers", ("kms:Decrypt",), ("sqs",), "secrets"),
)
"""Keys, only through what uses them for the caller, by what they are for (`encryption.Layer`)."""
LENT: Final = {"all": "key lends", "lake": "lake key lends"}


class People:
    """Collected while the program builds."""

    def __init__(self) -> None:
        self._reaches: list[tuple[Level, Reach]] = []
        self._adopted: list[tuple[Level, tuple[str, ...], pulumi.Input[str]]] = []
        self._exact: list[Exact] = []

    def add(self, declared: Declared) -> None:
        """One component's part; the same part twice is one part."""
        self._reaches += [(level, reach) for level, reaches in declared.items() for reach in reaches]

    def adopt(self, level: Level, actions: tuple[str, ...], arn: pulumi.Input[str]) -> None:
        """These actions on one thing that bears no name of the environment's, and on what is inside it."""
        self._adopted.append((level, actions, arn))

    def encrypt(self, site: Site, key_arn: pulumi.Input[str], layer: str = "all") -> None:
        """A key of the environment, for what persons read and write by services that it encrypts."""
        for level, what, actions, services, its in KEY_USES:
            if layer != its:
                continue
            through = [f"{service}.{site.region}.amazonaws.com" for service in services]
            conditions = {"StringEquals": {"kms:ViaService": through}}
            self._exact.append(Exact(level=level, what=what, actions=actions, arn=key_arn, conditions=conditions))
        if layer in LENT:
            lent = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
            self._exact.append(
                Exact(level="admin", what=LENT[layer], actions=("kms:CreateGrant",), arn=key_arn, conditions=lent)
            )

    @property
    def empty(self) -> bool:
        return not self._reaches and not self._adopted

    def ceiling(self, level: Level, *, whole: bool = False) -> Ceiling:
        """What a level may do; ``whole``: with what is given by exact ARN, for a boundary."""
        upto, found = LEVELS[: LEVELS.index(level) + 1], Ceiling()
        found.add(reach for one, reach in self._reaches if one in upto)
        for one, actions, arn in self._adopted:
            if one in upto:
                found.adopt(actions, arn)
        for exact in self._exact if whole else ():
            found.adopt(exact.actions, exact.arn)
        return found

    def grants(self, site: Site, level: Level) -> Iterator[Grant]:
        """What a role of this level is given."""
        for number, statement in enumerate(self.ceiling(level).statements(site, apart=True), 1):
            yield Grant(
                owner="access",
                what=f"{level} {number}",
                actions=tuple(statement["Action"]),
                resources=tuple(statement["Resource"]),
                conditions=statement.get("Condition", {}),
            )
        for exact in self._exact:
            if LEVELS.index(exact.level) <= LEVELS.index(level):
                yield Grant(
                    owner="access",
                    what=exact.what,
                    actions=exact.actions,
                    resources=(exact.arn,),
                    conditions=exact.conditions,
                )
