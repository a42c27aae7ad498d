"""A part of the embedded cloud as a database: what changes it at random, and all that its API tells of it."""

from __future__ import annotations

import itertools
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from mlops_iac.cloud.server import Install
from tests.cloud.conftest import Cloud

TRUST: Final = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
ROLE: Final = "arn:aws:iam::123456789012:role/kept"


class World(ABC):
    """One part. What it has made is remembered by name, so that it can be changed and deleted."""

    stores: ClassVar[frozenset[str]]
    """The names under which the part keeps what it knows in `gateway.store`."""
    installs: ClassVar[tuple[Install, ...]] = ()

    def __init__(self, cloud: Cloud, chance: random.Random) -> None:
        self.cloud, self.chance = cloud, chance
        self._numbers = itertools.count()
        self.begin()

    @abstractmethod
    def begin(self) -> None:
        """What must be there first."""

    @abstractmethod
    def act(self) -> None:
        """Change something; it is acknowledged when this returns."""

    @abstractmethod
    def seen(self) -> Any:
        """Everything that can be read."""

    def client(self, service: str) -> Any:
        return self.cloud.clients()(service)

    def new_name(self) -> str:
        return f"n{next(self._numbers)}"

    def one_of(self, deeds: Iterable[Any], *arguments: Any) -> None:
        self.chance.choice([*deeds])(*arguments)


def plain(answer: Any) -> Any:
    """Without what each answer has of its own; times as text."""

    def told(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: told(value) for key, value in part.items() if key != "ResponseMetadata"}
        return [*map(told, part)] if isinstance(part, (list, tuple)) else part

    return json.loads(json.dumps(told(answer), default=str, sort_keys=True))
