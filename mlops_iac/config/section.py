"""The base of everything that can be written in a stack file."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

HIDDEN: Final = "hidden_value"
"""The type of a complaint about a value that is not to be repeated: it may be a secret."""


class Section(BaseModel):
    """One mapping of a stack file: frozen, and it refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
