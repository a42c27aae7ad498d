"""Pulumi's URNs: ``urn:pulumi:<stack>::<project>::<parent types joined by $>::<name>``.

The one place where they, and the references to providers that are made of them, are taken apart and put together.
Source: pulumi/pulumi, ``sdk/go/common/resource/urn/urn.go`` and ``pkg/resource/deploy/providers/reference.go``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

STACK_TYPE: Final = "pulumi:pulumi:Stack"

_START: Final = "urn:pulumi:"


class Urn(NamedTuple):
    """What identifies a resource. A name may hold anything, ``::`` included; the other parts hold none."""

    stack: str
    project: str
    qualified_type: str
    """The types of its parents and its own, joined by ``$``; a parent that is the stack itself is left out."""
    name: str

    @classmethod
    def parse(cls, text: str) -> Urn:
        """Raises ValueError naming the text when it is none."""
        parts = text.split("::", 3)
        if len(parts) != 4 or not text.startswith(_START) or not parts[2]:
            raise ValueError(f"not a Pulumi URN: {text!r}")
        return cls(parts[0][len(_START) :], *parts[1:])

    @property
    def type(self) -> str:
        """The resource's own type, without its parents'."""
        return self.qualified_type.rsplit("$", 1)[-1]

    @property
    def is_stack(self) -> bool:
        return self.qualified_type == STACK_TYPE

    def child(self, type: str, name: str) -> Urn:
        """Of a resource inside this one."""
        return Urn(self.stack, self.project, type if self.is_stack else f"{self.qualified_type}${type}", name)

    def in_stack(self, stack: str) -> Urn:
        """The same resource in another stack."""
        return self._replace(stack=stack)

    def __str__(self) -> str:
        return f"{_START}{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


class ProviderReference(NamedTuple):
    """How a resource names the provider it was made with: ``<urn>::<id>``. The id is the part without ``::``."""

    urn: str
    id: str

    @classmethod
    def parse(cls, text: str) -> ProviderReference:
        urn, _, id = text.rpartition("::")
        return cls(urn, id)

    @property
    def type(self) -> str:
        """``pulumi:providers:<package>``."""
        return parse(self.urn).type

    def __str__(self) -> str:
        return f"{self.urn}::{self.id}"


parse = Urn.parse


def make(stack: str, project: str, type: str, name: str, parent: str | None = None) -> str:
    """The text of a resource's URN, by which everything is known; ``parent`` is such a text, of any stack."""
    qualified = parse(parent).child(type, name).qualified_type if parent else type
    return str(Urn(stack, project, qualified, name))
