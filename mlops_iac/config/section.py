"""The base of everything that can be written in a stack file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One mapping of a stack file: frozen, and it refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)
