"""A word of the command line with commands below it: ``mlops-iac stack …``."""

from __future__ import annotations

from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

SYNONYMS = {"ls": "list", "list": "ls"}
"""Pulumi says `stack ls`, and others say `list`: where one of them is a command, the other is understood."""


class Group(TyperGroup):
    """Its commands, and the other word for listing, which no help shows."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or super().get_command(ctx, SYNONYMS.get(cmd_name, cmd_name))


class ListGroup(Group):
    """A group whose `list` may be left out: ``runs STACK`` is ``runs list STACK``. A stack's name has a hyphen, which
    no command has."""

    default: ClassVar = "list"

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        is_asked_about = {"-h", "--help"} & set(args[:1])
        return super().parse_args(
            ctx, [self.default, *args] if args and "-" in args[0] and not is_asked_about else args
        )

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Commands, and what the first argument of `list` may be."""
        first, *_ = self.commands[self.default].params
        return [*super().shell_complete(ctx, incomplete), *first.shell_complete(ctx, incomplete)]


def make_group(about: str, *, kind: type[Group] = Group) -> typer.Typer:
    """An empty group; ``about`` is its line in `--help`."""
    return typer.Typer(cls=kind, no_args_is_help=True, rich_markup_mode=None, help=about)
