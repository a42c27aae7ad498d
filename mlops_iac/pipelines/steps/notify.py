"""A step that tells the team something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, StringConstraints, model_validator

from mlops_iac.pipelines.conditions import USUAL_OUTPUT, Evaluation
from mlops_iac.pipelines.names import METRIC_PATTERN
from mlops_iac.pipelines.references import PARAMETERS, FromParameter, FromStep
from mlops_iac.pipelines.steps.step import Made, Output, Read, Step

PLACE: Final = re.compile(r"\{([^{}]*)\}")
"""A place in a message that something of the run is put in."""

RUN: Final = "run"


class NotifyStep(Step):
    """Sends a message to the environment's alerts topic.

    In braces stand ``{run}``, a parameter (``{parameters.data}``) or a metric of the evaluation (``{auc}``).
    """

    kind: ClassVar[str] = "notify"

    subject: Annotated[str, StringConstraints(pattern=r"^[ -z|~]+$", max_length=90)]
    """One line of ASCII, without braces: SNS takes no other."""
    message: str = Field(min_length=1, max_length=2000)
    """What the team is told."""
    evaluation: Evaluation = FromStep(step="evaluate", output=USUAL_OUTPUT)
    """Where the metrics are that the message names. Left out: `evaluate`."""

    @property
    def places(self) -> tuple[str, ...]:
        """What stands in braces, in the order of the message."""
        return tuple(PLACE.findall(self.message))

    @property
    def parameters(self) -> dict[str, FromParameter]:
        start = f"{PARAMETERS}."
        return {one: FromParameter(parameter=one.removeprefix(start)) for one in self.places if one.startswith(start)}

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in self.places if one != RUN and one not in self.parameters))

    @model_validator(mode="after")
    def _check(self) -> Self:
        if {*"{}"} & {*PLACE.sub("", self.message)}:
            raise ValueError("a brace in `message` has no partner")
        for metric in self.metrics:
            if not re.fullmatch(METRIC_PATTERN, metric):
                raise ValueError(f"`{{{metric}}}` is neither {{run}}, {{parameters.name}} nor a metric")
        return self

    def makes(self) -> Mapping[str, Output | Made]:
        return {"message": "message"}

    def reads(self) -> Iterator[Read]:
        for source in self.parameters.values():
            yield Read("message", source, ("number", "string", "prefix"))
        if self.metrics:
            yield Read("evaluation", self.evaluation, ("folder",))
