"""What a team may say about watching its model in service."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from mlops_iac.blueprints.parts.serve_options import ServeOptions
from mlops_iac.blueprints.parts.training_options import Machine
from mlops_iac.config.section import Section
from mlops_iac.pipelines.steps.monitor import Measure, QualityMetric
from mlops_iac.pipelines.triggers import When, ZoneName

CANNOT = {
    "serverless": "SageMaker has no data capture for serverless endpoints.",
    "async": "SageMaker captures what real-time endpoints are asked; requests and answers of an asynchronous endpoint "
    "lie in the lake already.",
}
"""Flavours that capture nothing: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html (feature
exclusions), https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture.html"""


class Capture(Section):
    percent: int = Field(default=100, ge=1, le=100, description="Part of the requests that is kept, in percent.")
    keep_days: int = Field(default=30, ge=1, le=3650, description="Delete what was captured after this many days.")


class Drift(Section):
    measure: Measure = Field(
        default="psi",
        description="How drift is measured: psi, the population stability index, or js, the Jensen-Shannon distance.",
    )
    at_most: float = Field(
        default=0.2,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="The alarm is raised when a column's drift is above this, and chance does not explain it.",
    )
    least_rows: int = Field(
        default=100, ge=1, le=1_000_000, description="With fewer rows in a window nothing is said about drift."
    )


class Quality(Section):
    metric: QualityMetric = Field(description="What predictions are measured by when the truth is known.")
    at_least: float | None = Field(
        default=None, allow_inf_nan=False, description="An alarm is raised below this. Left out: see at_most."
    )
    at_most: float | None = Field(
        default=None, allow_inf_nan=False, description="An alarm is raised above this. Without both there is none."
    )
    days: int = Field(
        default=7, ge=1, le=31, description="How far back predictions are joined with the truth, in days."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("say only one of `at_least` and `at_most`")
        return self

    @property
    def bound(self) -> tuple[Literal["at_least", "at_most"], float] | None:
        """Direction and bound; None where no alarm is asked for."""
        if self.at_least is not None:
            return "at_least", self.at_least
        return ("at_most", self.at_most) if self.at_most is not None else None


class Bias(Section):
    groups: tuple[Annotated[str, StringConstraints(min_length=1, pattern=r"^[^,]+$")], ...] = Field(
        min_length=1, max_length=20, description="Columns of groups, which requests have.", examples=[["plan"]]
    )
    positive: str = Field(default="1", description="The prediction that is meant to be had.")
    at_most: float = Field(
        default=0.1,
        gt=0,
        le=1,
        description="The alarm is raised when the difference between groups is greater than at the training by more "
        "than this, and chance does not explain it: of what is predicted positive and, once the truth is known, of "
        "true and false positives.",
    )


class Explain(Section):
    at_least: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="The alarm is raised when less than this is left of the order of columns that answers depend on: "
        "nDCG, 1 for the same order.",
    )
    rows: int = Field(
        default=200,
        ge=10,
        le=10_000,
        description="Rows of a window that the model is asked about, chosen at random when there are more.",
    )


class Monitoring(Section):
    """Requests and answers are kept, compared with the training data, and an alarm says when they differ."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "ill"}]})

    label: str = Field(
        default="",
        pattern=r"^[^,]*$",
        max_length=256,
        description="Column of the training data that the model predicts; no request has it. Left out: there is none.",
    )
    ignore: tuple[str, ...] = Field(
        default=(), max_length=100, description="Columns that are not compared, such as ids. Left out: all are."
    )
    capture: Capture = Field(default=Capture(), description="What of requests and answers is kept.")
    schedule: When = Field(
        default="cron(0 6 * * ? *)",
        description="When requests are compared, as EventBridge Scheduler says it. A look costs about 0.01 $.",
    )
    timezone: ZoneName = Field(
        default="UTC", description="The time zone of the schedule, by its IANA name: Europe/Berlin."
    )
    window_hours: int = Field(default=24, ge=1, le=744, description="How far back requests are compared, in hours.")
    drift: Drift = Field(default=Drift(), description="What counts as drift.")
    quality: Quality | None = Field(
        default=None,
        description="What predictions must reach, by truth that is put below curated/truth/ later. Left out: no truth "
        "is looked for.",
    )
    bias: Bias | None = Field(
        default=None,
        description="Whether groups are treated less alike than at the training. Left out: no groups are compared.",
    )
    explain: Explain | None = Field(
        default=None,
        description="Whether answers depend on the same columns as at the training. Left out: the model is not asked.",
    )
    machine: Machine = Field(default=Machine(), description="Machines that compare.")

    @field_validator("ignore")
    @classmethod
    def _check_ignore(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if odd := [name for name in value if not name or "," in name]:
            raise ValueError(f"`{odd[0]}` is no column: a name has no comma here")
        return value

    @model_validator(mode="after")
    def _check_label(self) -> Self:
        """What a training compares and explains, it does by rows whose label is known."""
        if not self.label and (self.bias or self.explain):
            raise ValueError(f"say `label` too: `{'bias' if self.bias else 'explain'}` begins with rows that have one")
        return self


class MonitoringOptions(ServeOptions):
    """The options of a blueprint that serves, and watches how that goes."""

    monitoring: Monitoring | None = Field(
        default=None,
        description="Keep what the endpoint is asked, compare it with the training data, and raise an alarm when they "
        "differ. Left out: nothing is kept.",
    )

    @field_validator("monitoring")
    @classmethod
    def _check_monitoring(cls, value: Monitoring | None, info: ValidationInfo) -> Monitoring | None:
        flavour = getattr(info.data.get("serving"), "flavour", "")
        if value is not None and (reason := CANNOT.get(flavour)):
            hint = "Set `serving: {flavour: realtime}`, or watch nothing: `monitoring: null`"
            raise ValueError(f"a {flavour} endpoint cannot be watched. {reason} {hint}")
        return value
