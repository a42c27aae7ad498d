"""What a run may be told: parameters with a type and a default."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from mlops_iac.core.strict_json import finite
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter

ParameterType = Literal["prefix", "string", "number", "strings"]
"""prefix   a key prefix in the lake, ending in a slash
string   text
number   an integer or a decimal
strings  a map of strings to strings, such as hyperparameters
"""


class Parameter(PipelineModel):
    name: Word
    type: ParameterType
    default: Any
    """Used when a run does not say otherwise."""
    description: str = Field(min_length=1)

    @property
    def ref(self) -> FromParameter:
        return FromParameter(parameter=self.name)

    @model_validator(mode="after")
    def _check_default(self) -> Parameter:
        problem = find_mismatch(self.type, self.default)
        if problem:
            raise ValueError(f"the default of `{self.name}` {problem}")
        return self


def find_mismatch(type: str, value: Any) -> str | None:
    """Why a value does not fit a type, or None when it does: ``must be a number``."""
    if type == "number":
        return "must be a finite number" if finite(value) is None else None
    if type == "strings":
        good = isinstance(value, dict) and all(isinstance(part, str) for item in value.items() for part in item)
        return None if good else "must be a map of strings to strings"
    if not isinstance(value, str):
        return "must be text"
    if type == "prefix" and (
        not value.endswith("/") or value.startswith("/") or "//" in value or ".." in value.split("/")
    ):
        return "must be a key prefix that ends in a slash and does not start with one, such as raw/"
    return None
