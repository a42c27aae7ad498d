"""Policies of one pattern: an input has a value, a resource has another beside it, a statement allows no more than it
has to. A policy of such a pattern says only what is its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from mlops_iac.policy.documents import Statement, statements
from mlops_iac.policy.policy import Policy, Violation
from mlops_iac.policy.resource import Resource, World


class ValuePolicy(Policy):
    """An input has one of a few values."""

    path: ClassVar[str]
    """The input, dotted."""
    allowed: ClassVar[tuple[Any, ...]]
    default: ClassVar[Any] = None
    """What AWS takes where nothing is said."""
    detail: ClassVar[str]
    """What is so where it has another value."""

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if all(resource.differs(self.path, one, default=self.default) for one in self.allowed):
            yield Violation(detail=self.detail, path=self.path)


class PresentPolicy(Policy):
    """An input says something, known yet or not."""

    path: ClassVar[str]
    detail: ClassVar[str]
    """What is so where it says nothing."""

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if not resource.has(self.path):
            yield Violation(detail=self.detail, path=self.path)


class BesidePolicy(Policy):
    """A resource has another one beside it, which speaks of it."""

    other: ClassVar[str]
    """The other's type."""
    speaks_by: ClassVar[str]
    """The other's input that speaks of the resource."""
    detail: ClassVar[str]
    """What is so where there is none."""

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        found = world.beside(resource, self.other, self.speaks_by)
        if not found:
            yield Violation(detail=self.detail)
        for other in found:
            yield from self.check_beside(other)

    def check_beside(self, other: Resource) -> Iterator[Violation]:
        """What is wrong with the other one. Left out: nothing is asked of it."""
        yield from ()


class StatementPolicy(Policy):
    """Each statement of a policy document is looked at by itself."""

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for path, statement in statements(resource):
            for detail in self.check_statement(statement, resource, parameters):
                yield Violation(detail=f"{statement.shown} {detail}", path=path)

    @abstractmethod
    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        """The rest of a sentence that begins with the statement."""
