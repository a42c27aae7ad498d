"""A step that measures how a model treats groups of people, or of anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from mlops_iac.pipelines.references import FromStep, Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Script


class BiasStep(ShippedStep):
    """Its one output, ``report``, holds ``report.html``, ``report.json``, and an ``evaluation.json`` that a gate reads:
    ``demographic_parity_difference`` and ``_ratio``, ``equalized_odds_difference`` and ``_ratio`` (the worst of all
    columns), and rates by group under ``by_<column>``. By fairlearn when it is in requirements.txt, else by the same
    formulas."""

    kind: ClassVar[str] = "bias"
    shipped: ClassVar[str] = "mlops_iac_bias.py"
    makes_one: ClassVar[str] = "report"

    script: Script = "mlops_iac_bias.py"
    """Left out: the one that is shipped. Yours finds ``input/data`` and leaves ``output/report``."""
    data: Source
    """Rows with their label and groups: CSV with a header, JSON lines or Parquet."""
    label: str = Field(min_length=1, pattern=r"^[^,]+$")
    """Column of what was true."""
    groups: tuple[str, ...] = Field(min_length=1, max_length=20)
    """Columns of groups."""
    positive: str = "1"
    """The value of label and prediction that is meant to be had."""
    prediction: str = ""
    """Column of what the model said. Left out: the model is asked."""
    model: FromStep | None = None
    """The model to ask, of a training step. Left out: `prediction` names a column."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.prediction) == bool(self.model):
            raise ValueError("say one of `prediction`, a column of the data, and `model`")
        if any("," in name or not name for name in self.groups):
            raise ValueError("a column of groups has a name, without a comma")
        return self

    def inputs(self) -> Mapping[str, Source]:
        return {"data": self.data, **({"model": self.model} if self.model else {})}

    def arguments(self) -> Mapping[str, str]:
        told = {"label": self.label, "positive": self.positive, "prediction": self.prediction}
        return {**told, "groups": ",".join(self.groups)}
