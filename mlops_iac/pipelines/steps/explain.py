"""A step that says which columns a model's answers depend on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mlops_iac.pipelines.references import FromStep, Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Script


class ExplainStep(ShippedStep):
    """Its one output, ``report``, holds ``report.html``, ``report.json``, and an ``evaluation.json`` that a gate reads:
    ``top_share``, the part of the most important column (0 to 1), and each column's under ``share``. Mean size of
    SHAP values when shap is in requirements.txt, else of Shapley values by sampling; the report says which. And
    ``attribution.json`` for a later monitor, with a hundred rows that were compared with."""

    kind: ClassVar[str] = "explain"
    shipped: ClassVar[str] = "mlops_iac_explain.py"
    makes_one: ClassVar[str] = "report"

    script: Script = "mlops_iac_explain.py"
    """Left out: the one that is shipped. Yours finds ``input/data`` and ``input/model``, leaves ``output/report``."""
    data: Source
    """Rows with their label: CSV with a header, JSON lines or Parquet."""
    model: FromStep
    """The model of a training step; its ``model_fn`` answers something with `predict`."""
    label: str = Field(min_length=1)
    """Column of what was true."""
    rows: int = Field(default=1000, ge=10, le=100_000)
    """Rows that are looked at, chosen at random when there are more."""

    def inputs(self) -> Mapping[str, Source]:
        return {"data": self.data, "model": self.model}

    def arguments(self) -> Mapping[str, str]:
        return {"label": self.label, "rows": str(self.rows)}
