"""What must hold: a metric of an evaluation, or the same metric of each slice, against a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import MetricPath
from mlops_iac.pipelines.references import FromParameter, FromStep, Source

MAIN: Final = "main"
"""The registry that has the champion, by its name in the environment."""

EVALUATION: Final = "evaluation.json"
"""The file in an evaluation's folder that metrics are read from."""

USUAL_OUTPUT: Final = "evaluation"

Reading = tuple[str, Source, tuple[str, ...]]
"""The fields of a `Read`: what is read, where from, and what it may be."""

Direction = Literal["at_least", "at_most"]


def _whole(value: Any) -> Any:
    """``evaluate`` is short for ``evaluate.evaluation``."""
    return f"{value}.{USUAL_OUTPUT}" if isinstance(value, str) and "." not in value else value


Evaluation = Annotated[FromStep, BeforeValidator(_whole)]
"""A step's output that holds ``evaluation.json``; a step's name alone means its output ``evaluation``."""

Bound = Annotated[float, Field(allow_inf_nan=False)] | FromParameter
"""A number, or the parameter that holds one."""


class Better(NamedTuple):
    """A bound that follows from the champion when a run starts; the run is told it as the parameter ``slot``."""

    by: float
    slot: str = ""


class Comparison(NamedTuple):
    """One number against one bound."""

    evaluation: FromStep
    metric: str
    direction: Direction
    bound: float | FromParameter
    better: Better | None = None
    """What the bound is, where it follows from the champion."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The part of `mlops_iac.core.environment.Step.facts` that does not depend on where the file lies."""
        bound = {"parameter": self.bound.parameter} if isinstance(self.bound, FromParameter) else {"bound": self.bound}
        champion = {"champion": {"registry": MAIN, "by": self.better.by}} if self.better else {}
        return {"metric": self.metric, "direction": self.direction, **bound, **champion}


class Condition(PipelineModel):
    """A metric and its bound. One that is missing or is no number does not hold."""

    metric: MetricPath
    """Where the metric lies in the file: a name below `metrics`, or a path from the file's top."""
    evaluation: Evaluation | None = None
    """Where the metric is. Left out: where the step's other conditions have theirs."""
    slices: tuple[MetricPath, ...] = Field(default=(), max_length=40)
    """Paths from the file's top that each have the metric, such as by_country.DE; all of them must hold.
    Left out: the metric itself."""
    at_least: Bound | None = None
    """The metric must reach this: a number, or `parameters.name`."""
    at_most: Bound | None = None
    """The metric must not pass this: a number, or `parameters.name`."""
    better_than_champion_by: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """The metric must be this much better than that of the champion: the version which was approved last when the run
    started. It holds where there is none."""
    goal: Literal["maximize", "minimize"] = "maximize"
    """With `better_than_champion_by`: whether more or less is better."""

    @property
    def told(self) -> str:
        """``auc >= 0.9``"""
        if self.better_than_champion_by is not None:
            return f"{self.metric} better than the champion's by {self.better_than_champion_by:g}"
        sign, bound = ("<=", self.at_most) if self.at_least is None else (">=", self.at_least)
        return f"{self.metric} {sign} {bound}"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(one is not None for one in (self.at_least, self.at_most, self.better_than_champion_by)) != 1:
            raise ValueError("say exactly one of `at_least`, `at_most` and `better_than_champion_by`")
        if "goal" in self.model_fields_set and self.better_than_champion_by is None:
            raise ValueError("`goal` is of `better_than_champion_by`: leave it out")
        return self

    def reads(self, field: str, usual: FromStep) -> Iterator[Reading]:
        """What it reads, as the step does that has it at ``field``; ``usual`` as below."""
        yield f"{field}.evaluation" if self.evaluation else "evaluation", self.evaluation or usual, ("folder",)
        for name in ("at_least", "at_most"):
            bound = getattr(self, name)
            if isinstance(bound, FromParameter):
                yield f"{field}.{name}", bound, ("number",)

    def comparisons(self, usual: FromStep) -> Iterator[Comparison]:
        """Every number that is compared; ``usual`` is the evaluation of a condition that names none."""
        for metric in [f"{slice}.{self.metric}" for slice in self.slices] or [self.metric]:
            yield Comparison(self.evaluation or usual, metric, *self._bound)

    @property
    def _bound(self) -> tuple[Direction, float | FromParameter, Better | None]:
        if self.at_least is not None:
            return "at_least", self.at_least, None
        if self.at_most is not None:
            return "at_most", self.at_most, None
        assert self.better_than_champion_by is not None
        direction: Direction = "at_least" if self.goal == "maximize" else "at_most"
        return direction, 0.0, Better(self.better_than_champion_by)


class ParameterCondition(PipelineModel):
    """A parameter of the run, and what it must be."""

    parameter: FromParameter
    """Written `parameters.name`: a number or text."""
    equals: Annotated[float, Field(allow_inf_nan=False)] | str | None = None
    """The parameter must be this."""
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The parameter, a number, must reach this."""
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """The parameter, a number, must not pass this."""

    @property
    def told(self) -> str:
        """``parameters.mode = full``"""
        signs = {"=": self.equals, ">=": self.at_least, "<=": self.at_most}
        return next(f"{self.parameter} {sign} {value}" for sign, value in signs.items() if value is not None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(one is not None for one in (self.equals, self.at_least, self.at_most)) != 1:
            raise ValueError("say exactly one of `equals`, `at_least` and `at_most`")
        return self

    def reads(self, field: str, usual: FromStep) -> Iterator[Reading]:
        takes = ("string", "prefix") if isinstance(self.equals, str) else ("number",)
        yield f"{field}.parameter", self.parameter, takes


def _about(value: Any) -> str:
    """What a condition is about; of what is neither, the metric says what is wrong."""
    named = value if isinstance(value, Mapping) else vars(value) if isinstance(value, ParameterCondition) else {}
    return "parameter" if "parameter" in named else "metric"


When = Annotated[
    Annotated[Condition, Tag("metric")] | Annotated[ParameterCondition, Tag("parameter")], Discriminator(_about)
]
"""A metric, or a parameter of the run, and what it must be."""

USUAL_EVALUATION: Final = FromStep(step="evaluate", output=USUAL_OUTPUT)
"""Where a metric is whose condition does not say."""
