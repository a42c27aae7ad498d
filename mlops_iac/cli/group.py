"""A word of the command line with commands below it: ``mlops-iac stack …``."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

SYNONYMS = {"ls": "list", "list": "ls"}
"""Pulumi says `stack ls`, and others say `list`: where one of them is a command, the other is understood."""


class Group(TyperGroup):
    """Its commands, and the other word for listing, which no help shows."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or super().get_command(ctx, SYNONYMS.get(cmd_name, cmd_name))


def make_group(about: str) -> typer.Typer:
    """An empty group; ``about`` is its line in `--help`."""
    return typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None, help=about)
