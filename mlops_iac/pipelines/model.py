"""The base of everything a pipeline is made of: frozen, refuses strangers, and speaks in our errors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops_iac.core.errors import PipelineError, Problem


class PipelineModel(BaseModel):
    """A part of a pipeline. A wrong value is a PipelineError that names the part and the field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            place = f"{type(self).__name__} `{values['name']}`" if "name" in values else type(self).__name__
            raise PipelineError.of(_problem(place, details) for details in error.errors()) from None


def _problem(place: str, details: Any) -> Problem:
    field = ".".join(str(part) for part in details["loc"])
    given = "" if details["type"] == "missing" else f" The value given is {_shown(details['input'])}."
    return Problem(
        path=f"{place}.{field}" if field else place,
        summary="A pipeline's definition is wrong.",
        detail=f"{details['msg']}.{given}",
        hint="correct this field where the pipeline is built.",
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}…"
