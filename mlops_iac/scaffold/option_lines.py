"""A blueprint's options as they stand in a new stack file: each with its description and its default."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mlops_iac.config.option_table import plain
from mlops_iac.scaffold.safe_yaml import block

WIDTH = 110


WRITTEN = "x-written"
"""Key of a field's `json_schema_extra` with which a blueprint asks for an option to stand in new stack files."""


@dataclass(frozen=True)
class OptionLines:
    key: str
    description: str
    required: bool
    """True when there is no default, so that the team must say it."""
    written: bool
    """True when it stands in a new file even so: the blueprint says that a team should look at it first."""
    lines: tuple[str, ...]
    """The setting as YAML, without indentation."""


def option_lines(model: type[BaseModel], said: Mapping[str, Any]) -> list[OptionLines]:
    """Every option of a blueprint, in the model's order. ``said``: what stands in the place of a default."""
    options = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        default = None if field.is_required() else plain(field.get_default(call_default_factory=True))
        lines = tuple(block({key: said.get(key, default)}, width=WIDTH - 6))
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        written = key in said or field.is_required() or bool(extra.get(WRITTEN))
        options.append(OptionLines(key, field.description or "", field.is_required(), written, lines))
    return options


def comment(text: str, indent: int) -> list[str]:
    """Text as comment lines; a line break or control character in it cannot end the comment."""
    words = "".join(c if c.isprintable() else " " for c in text)
    prefix = " " * indent + "# "
    return textwrap.wrap(words, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False)
