"""A step that compares what an endpoint was asked with what its model learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Bind, Folder, KeyOf, Script

Measure = Literal["psi", "js"]
"""The population stability index, or the Jensen-Shannon distance."""
QualityMetric = Literal["accuracy", "auc", "f1", "log_loss", "mae", "mse", "precision", "r2", "recall", "rmse"]


class MonitorStep(ShippedStep):
    """Its one output, ``report``, holds ``report.html``, ``report.json``, ``evaluation.json`` with the figures, and
    ``statistics.json`` and ``constraint_violations.json`` in the form of SageMaker Model Monitor. A column drifts when
    its measure passes the bound and a test (Kolmogorov-Smirnov, chi-square) says that chance does not explain it."""

    kind: ClassVar[str] = "monitor"
    shipped: ClassVar[str] = "mlops_iac_monitor.py"
    makes_one: ClassVar[str] = "report"
    repeatable: ClassVar[bool] = False

    script: Script = "mlops_iac_monitor.py"
    """Left out: the one that is shipped. Yours finds ``input/window`` and leaves ``output/report``."""
    endpoint: Word = "main"
    """By its name in the environment. It captures what it is asked where the option `monitoring` is set."""
    baseline: Folder = "baseline"
    """Folder in which the run that made the serving model left its baseline, in the same zone: its `baseline` step."""
    label: str = ""
    """Column of the training data that the model predicts, which no request has. Left out: there is none."""
    ignore: tuple[str, ...] = ()
    """Columns that are not compared, such as ids."""
    window_hours: int = Field(default=24, ge=1, le=24 * 31)
    """How far back requests are looked at, from the time of the run."""
    measure: Measure = "psi"
    """What a column's drift is: ``psi``, or ``js``."""
    at_most: float = Field(default=0.2, gt=0, le=100)
    """A measure above this is drift."""
    least_rows: int = Field(default=100, ge=1)
    """With fewer rows than this in the window nothing is said about drift."""
    quality: QualityMetric | None = None
    """What predictions are measured by, once the truth is known. Left out: no truth is looked for."""
    quality_days: int = Field(default=7, ge=1, le=31)
    """How far back predictions are joined with what became known of them."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.compute != "sagemaker":
            raise ValueError("a monitor runs as a SageMaker job: leave out `compute`")
        if self.cache:
            raise ValueError("what was asked is another thing at each look, so a monitor has no `cache`")
        if any("," in name for name in (*self.ignore, self.label)):
            raise ValueError("a column's name has no comma here")
        return self

    def inputs(self) -> Mapping[str, Source]:
        """None by name: what to look at is found when the step starts."""
        return {}

    def arguments(self) -> Mapping[str, str]:
        return {
            "label": self.label,
            "ignore": ",".join(self.ignore),
            "measure": self.measure,
            "at-most": f"{self.at_most:g}",
            "least-rows": str(self.least_rows),
            "quality": self.quality or "",
        }

    def binds(self) -> Iterator[Bind]:
        yield Bind("endpoint", "endpoints", self.endpoint, changes=False)

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        report = key_of(self.output(self.makes_one))
        return {**super().facts(key_of), "evaluation": f"{report}{EVALUATION}", "watches": self.endpoint}
