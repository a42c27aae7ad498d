"""Where a hyperparameter's values are searched, as a tuning step has it: words, or numbers between two bounds.

Limits: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mlops_iac.core.strict_json import finite
from mlops_iac.pipelines.hyperparameters import text_of
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import HyperparameterValue

MOST_WORDS: Final = 30
"""Values of one categorical range that a tuning job takes."""


class Words(PipelineModel):
    """One of these values, in whatever order: the range may also be written as a plain list."""

    values: tuple[HyperparameterValue, ...] = Field(min_length=1, max_length=MOST_WORDS)
    """Each of them once."""

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text_of(value) for value in self.values)

    @model_validator(mode="after")
    def _check(self) -> Self:
        twice = sorted({text for text in self.texts if self.texts.count(text) > 1})
        if twice:
            raise ValueError(f"the value `{twice[0]}` is there twice")
        return self


class Numbers(PipelineModel):
    """A number between two bounds, both included."""

    min: int | float
    """The least value."""
    max: int | float
    """The greatest value; more than `min`."""
    type: Literal["integer", "continuous"] | None = None
    """Whole numbers only, or any. Left out: `integer` when both bounds are written without a point."""
    scale: Literal["auto", "linear", "logarithmic", "reverse-logarithmic"] = "auto"
    """How far apart values are: `logarithmic` for ranges over several decades, `reverse-logarithmic` for those close
    below one. Left out: SageMaker chooses."""

    @property
    def whole(self) -> bool:
        written = isinstance(self.min, int) and isinstance(self.max, int)
        return self.type == "integer" or (self.type is None and written)

    @property
    def bounds(self) -> tuple[str, str]:
        return (str(int(self.min)), str(int(self.max))) if self.whole else (repr(self.min), repr(self.max))

    @model_validator(mode="after")
    def _check(self) -> Self:
        if finite(self.min) is None or finite(self.max) is None:
            raise ValueError("both bounds must be finite numbers")
        if self.min >= self.max:
            raise ValueError(f"`min` is {self.min} and `max` is {self.max}; `min` must be the smaller one")
        if self.whole and (int(self.min) != self.min or int(self.max) != self.max):
            raise ValueError("the bounds of an `integer` range must be whole numbers")
        if self.scale == "logarithmic" and self.min <= 0:
            raise ValueError(f"a logarithmic scale has values above 0 only; `min` is {self.min}")
        if self.scale == "reverse-logarithmic" and not (self.min >= 0 and self.max < 1 and not self.whole):
            raise ValueError("a reverse-logarithmic scale has continuous values from 0 to below 1 only")
        return self


def _one_of(value: Any) -> Any:
    """A list as the words that it stands for."""
    return {"values": value} if isinstance(value, list | tuple) else value


Range = Annotated[Words | Numbers, BeforeValidator(_one_of)]
