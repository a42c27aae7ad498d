"""Pulumi's URNs: ``urn:pulumi:<stack>::<project>::<parent types joined by $>::<name>``."""

from __future__ import annotations

from typing import NamedTuple

STACK_TYPE = "pulumi:pulumi:Stack"


class Urn(NamedTuple):
    stack: str
    project: str
    qualified_type: str
    name: str

    @property
    def type(self) -> str:
        """The resource's own type, without its parents'."""
        return self.qualified_type.rsplit("$", 1)[-1]

    def __str__(self) -> str:
        return f"urn:pulumi:{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


def parse(text: str) -> Urn:
    """Split a URN; raises ValueError naming the text when it is not one."""
    head, _, rest = text.partition("::")
    project, _, rest = rest.partition("::")
    qualified_type, separator, name = rest.partition("::")
    if not head.startswith("urn:pulumi:") or not separator:
        raise ValueError(f"not a Pulumi URN: {text!r}")
    return Urn(head.removeprefix("urn:pulumi:"), project, qualified_type, name)


def make(stack: str, project: str, type: str, name: str, parent: str | None = None) -> str:
    """The URN of a resource; a parent that is the stack itself leaves no trace in the type, as in Pulumi."""
    qualified = type
    if parent:
        parent_type = parse(parent).qualified_type
        if parent_type != STACK_TYPE:
            qualified = f"{parent_type}${type}"
    return str(Urn(stack, project, qualified, name))
