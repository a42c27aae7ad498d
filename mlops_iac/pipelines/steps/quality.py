"""A step that holds data to rules: what must be there, once, within bounds, of a form, and new enough."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import Field, field_validator, model_validator

from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Script

LONGEST_ARGUMENT: Final = 256
"""Characters of one argument of a processing job:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html"""
MOST_COLUMNS: Final = 40
"""A job takes a hundred arguments."""
Column = Annotated[str, Field(min_length=1, max_length=100)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class ColumnRules(PipelineModel):
    """What one column must keep. What is missing breaks `complete` only."""

    complete: float | None = Field(default=None, gt=0, le=1)
    """The share of rows that must have a value, at least: 1 is all of them."""
    unique: bool = False
    """No value twice."""
    at_least: Number | None = None
    """No number less than this."""
    at_most: Number | None = None
    """No number more than this."""
    allowed: tuple[str | int | float | bool, ...] = Field(default=(), max_length=50)
    """No other value than these."""
    matches: str = Field(default="", max_length=150)
    """A regular expression (Python's) that each value matches as a whole."""
    newest_within_days: float | None = Field(default=None, gt=0, le=36_500)
    """The newest time in the column is at most so many days old when the run looks."""

    @field_validator("matches")
    @classmethod
    def _check_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"`at_least` is {self.at_least:g}, more than `at_most`, {self.at_most:g}")
        if not self.told:
            raise ValueError(
                "a column needs a rule: complete, unique, at_least, at_most, allowed, matches, newest_within_days"
            )
        return self

    @property
    def told(self) -> dict[str, Any]:
        """The rules that are said."""
        return self.model_dump(mode="json", exclude_defaults=True)


class QualityStep(ShippedStep):
    """Its one output, ``report``, holds ``report.html``, ``report.json`` with each rule's value and bound, and an
    ``evaluation.json`` that a gate reads: ``rules`` and ``failed``, how many there are and how many are broken. A
    broken rule fails the step, and so the run, with the rule's name, its value and its bound."""

    kind: ClassVar[str] = "quality"
    shipped: ClassVar[str] = "mlops_iac_rules.py"
    makes_one: ClassVar[str] = "report"

    script: Script = "mlops_iac_rules.py"
    """Left out: the one that is shipped. Yours finds ``input/data``, is told the rules as arguments, and leaves
    ``output/report``."""
    data: Source
    """The folder that the rules are about: CSV with a header, JSON lines or Parquet."""
    columns: dict[Column, ColumnRules] = Field(default_factory=dict, max_length=MOST_COLUMNS)
    """Column to its rules."""
    rows_at_least: int = Field(default=1, ge=1)
    """Rows that the data has, at least."""
    rows_at_most: int | None = Field(default=None, ge=1)
    """Rows that the data has, at most. Left out: as many as there are."""
    stops: bool = True
    """Whether a broken rule fails the step. `false`: it is only told, in the report and to a gate."""

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        for name, rules in self.columns.items():
            length = len(_told(name, rules))
            if length > LONGEST_ARGUMENT:
                raise ValueError(
                    f"the rules of column `{name}` take {length} characters, and a job's argument {LONGEST_ARGUMENT}: "
                    "allow fewer values, or check them by a script of your own"
                )
        if self.rows_at_most is not None and self.rows_at_most < self.rows_at_least:
            raise ValueError(f"`rows_at_most` is {self.rows_at_most}, less than `rows_at_least`, {self.rows_at_least}")
        return self

    def inputs(self) -> Mapping[str, Source]:
        return {"data": self.data}

    def arguments(self) -> Mapping[str, str]:
        rows = {"at_least": self.rows_at_least, **({"at_most": self.rows_at_most} if self.rows_at_most else {})}
        columns = {f"column-{number}": _told(*one) for number, one in enumerate(self.columns.items(), 1)}
        return {"rows": _json(rows), "stops": "yes" if self.stops else "no", **columns}


def _told(name: str, rules: ColumnRules) -> str:
    return _json({"column": name, **rules.told})


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
