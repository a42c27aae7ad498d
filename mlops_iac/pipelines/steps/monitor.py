"""A step that compares what an endpoint was asked with what its model learned from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Bind, Folder, KeyOf, Script

Measure = Literal["psi", "js"]
"""The population stability index, or the Jensen-Shannon distance."""
METRICS: Final = "metrics"
"""The fact that says how many metrics a look publishes, besides one for each column."""
QualityMetric = Literal["accuracy", "auc", "f1", "log_loss", "mae", "mse", "precision", "r2", "recall", "rmse"]


class BiasWatch(PipelineModel):
    """Groups that a model treats differently anyhow, and how much more differently it may."""

    groups: tuple[str, ...] = Field(min_length=1, max_length=20)
    """Columns of groups, which requests have."""
    positive: str = "1"
    """The prediction that is meant to be had."""
    at_most: float = Field(default=0.1, gt=0, le=1)
    """How much greater the difference between groups may be than at the training: of what is predicted positive and,
    once the truth is known, of true and false positives."""
    baseline: Folder = "bias"
    """Folder in which the run that made the serving model left its bias report: its `bias` step."""


class ExplainWatch(PipelineModel):
    """Columns that a model's answers depend on, and how much of their order must stay."""

    at_least: float = Field(default=0.9, gt=0, le=1)
    """Less of the old order than this is drift: nDCG, 1 for the same order; SageMaker Clarify's bound is 0.9."""
    rows: int = Field(default=200, ge=10, le=10_000)
    """Rows that the model is asked about, chosen at random when there are more."""
    baseline: Folder = "explain"
    """Folder in which the run that made the serving model left its explain report: its `explain` step."""


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
    bias: BiasWatch | None = None
    """Whether groups are treated less alike than at the training. Left out: no groups are compared."""
    explain: ExplainWatch | None = None
    """Whether answers depend on the same columns as at the training. Left out: the model is not asked."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.compute != "sagemaker":
            raise ValueError("a monitor runs as a SageMaker job: leave out `compute`")
        if self.cache:
            raise ValueError("what was asked is another thing at each look, so a monitor has no `cache`")
        if any("," in name for name in (*self.ignore, self.label, *(self.bias.groups if self.bias else ()))):
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
            "bias": _told(self.bias),
            "explain": _told(self.explain),
        }

    @property
    def baselines(self) -> dict[str, str]:
        """Kind of the step that makes each to the folder in which it does, in this step's zone."""
        watched = {"bias": self.bias, "explain": self.explain}
        return {"baseline": self.baseline, **{kind: one.baseline for kind, one in watched.items() if one}}

    def binds(self) -> Iterator[Bind]:
        yield Bind("endpoint", "endpoints", self.endpoint, changes=False)

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        report = key_of(self.output(self.makes_one))
        told = {"evaluation": f"{report}{EVALUATION}", "watches": self.endpoint, METRICS: self._metrics}
        return {**super().facts(key_of), **told}

    @property
    def _metrics(self) -> int:
        """Rows, violations, lines that were not read, drift, columns that drift; of quality one, and its rows; how much
        less alike groups are treated, and two differences; of explanations one."""
        return 5 + 2 * bool(self.quality) + 3 * bool(self.bias) + bool(self.explain)


def _told(watch: PipelineModel | None) -> str:
    return json.dumps(watch.model_dump(exclude={"baseline"}), sort_keys=True) if watch else ""
