"""The base of everything a pipeline is made of: frozen, refuses strangers, and speaks in our errors."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops_iac.core.errors import PipelineError, Problem

SUMMARY = "A pipeline's definition is wrong."


class PipelineModel(BaseModel):
    """A part of a pipeline. A wrong value is a PipelineError that names the part and the field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            if sys._getframe(1).f_globals.get("__name__", "").partition(".")[0] == "pydantic":
                raise  # it is made as a part of another, or for a reader of a file, who tell what is wrong with all
            place = f"{type(self).__name__} `{values['name']}`" if "name" in values else type(self).__name__
            raise PipelineError.of(_problem(place, details) for details in error.errors()) from None

    @classmethod
    def validated(cls, values: Mapping[str, Any]) -> Self:
        """The part that plain values describe. Raises pydantic's ValidationError, for readers of files, who know where
        each value stands."""
        return cls.model_validate(dict(values))


def _problem(place: str, details: Any) -> Problem:
    field = ".".join(str(part) for part in details["loc"])
    given = "" if details["type"] == "missing" else f" The value given is {_shown(details['input'])}."
    said = details["msg"].removeprefix("Value error, ")
    return Problem(
        path=f"{place}.{field}" if field else place,
        summary=SUMMARY,
        detail=f"{said[:1].upper()}{said[1:]}.{given}",
        hint="correct this field where the pipeline is built.",
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}…"
