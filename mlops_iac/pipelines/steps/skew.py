"""A step that compares the data a model learned from with a sample of what it is asked, column by column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Script

Column = Annotated[str, Field(min_length=1, max_length=100)]


class SkewStep(ShippedStep):
    """Its one output, ``report``, holds ``report.html``, ``report.json``, and an ``evaluation.json`` that a gate reads:
    ``skew``, the largest distance of all columns, and each column's under ``columns.<column>.distance``. Of numbers
    that is the Kolmogorov-Smirnov statistic, of anything else the total variation: 0 for equal data, 1 for nothing in
    common. Where the shares of missing values differ more, it is that."""

    kind: ClassVar[str] = "skew"
    shipped: ClassVar[str] = "mlops_iac_skew.py"
    makes_one: ClassVar[str] = "report"

    script: Script = "mlops_iac_skew.py"
    """Left out: the one that is shipped. Yours finds ``input/train`` and ``input/serving``, and leaves
    ``output/report``."""
    train: Source
    """What the model learned from: CSV with a header, JSON lines or Parquet."""
    serving: Source
    """A sample of what it is asked, in the same columns; columns that it lacks, such as the label, are left out."""
    ignore: tuple[Column, ...] = Field(default=(), max_length=50)
    """Columns to leave out, such as ids."""
    differences: dict[Word, tuple[Column, Column]] = Field(default_factory=dict, max_length=20)
    """Name to two columns of numbers whose difference is compared as well: each column alone may look right while they
    do not together."""

    def inputs(self) -> Mapping[str, Source]:
        return {"train": self.train, "serving": self.serving}

    def arguments(self) -> Mapping[str, str]:
        told = {name: list(pair) for name, pair in self.differences.items()}
        return {
            "ignore": json.dumps(list(self.ignore)) if self.ignore else "",
            "differences": json.dumps(told) if told else "",
        }
