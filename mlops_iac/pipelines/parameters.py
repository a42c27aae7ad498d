"""What a run may be told: parameters with a type and a default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from pydantic import model_validator

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
    description: str = ""
    """What it is for."""
    allowed: tuple[Any, ...] = ()
    """The values it may have. Left out: any of its type."""
    minimum: float | None = None
    """Least value of a number. Left out: none."""
    maximum: float | None = None
    """Greatest value of a number. Left out: none."""

    @property
    def ref(self) -> FromParameter:
        return FromParameter(parameter=self.name)

    @model_validator(mode="after")
    def _check_default(self) -> Parameter:
        bounded = self.minimum is not None or self.maximum is not None
        if bounded and self.type != "number":
            raise ValueError(f"`{self.name}` is of type {self.type}; only a number has a minimum or a maximum")
        for value in self.allowed:
            if problem := find_mismatch(self.type, value):
                raise ValueError(f"a value that `{self.name}` may have {problem}")
        if problem := find_fault(self, self.default):
            raise ValueError(f"the default of `{self.name}` {problem}")
        return self


class Limits(Protocol):
    """What a parameter says about its values, here and in an environment's contract."""

    @property
    def type(self) -> str: ...
    @property
    def allowed(self) -> Sequence[Any]: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...


def find_fault(parameter: Limits, value: Any) -> str | None:
    """Why a parameter may not have a value, or None: ``must be a number``, ``must be 10 or less``."""
    if mismatch := find_mismatch(parameter.type, value):
        return mismatch
    if parameter.allowed and value not in parameter.allowed:
        return f"must be one of {', '.join(map(str, parameter.allowed))}"
    if parameter.minimum is not None and value < parameter.minimum:
        return f"must be {parameter.minimum:g} or more"
    if parameter.maximum is not None and value > parameter.maximum:
        return f"must be {parameter.maximum:g} or less"
    return None


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
