"""A step that lets a run go on only when metrics keep their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from mlops_iac.core.champions import SLOT
from mlops_iac.pipelines.conditions import EVALUATION, USUAL_EVALUATION, Comparison, Condition, Evaluation
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps.step import KeyOf, Made, Output, Read, Step


class GateStep(Step):
    """Reads ``evaluation.json`` and compares metrics with bounds; all conditions must hold.

    A metric that is missing or is no number is refused as well. A single condition may be written without the list:
    ``metric`` and its bound beside ``evaluation``.
    """

    kind: ClassVar[str] = "gate"
    short_for: ClassVar[Mapping[str, type[PipelineModel]]] = {"conditions": Condition}

    evaluation: Evaluation = USUAL_EVALUATION
    """The output that holds ``evaluation.json``, or the step whose output ``evaluation`` does. Left out: `evaluate`."""
    conditions: tuple[Condition, ...] = Field(max_length=40)
    """What must hold, each a metric and its bound."""

    @model_validator(mode="before")
    @classmethod
    def _one_condition(cls, values: Any) -> Any:
        short = {*Condition.model_fields} - {*cls.model_fields}
        given = {name: value for name, value in values.items() if name in short}
        if not given:
            return values
        if "conditions" in values:
            raise ValueError(f"`{next(iter(given))}` stands beside `conditions`: write it into the list")
        return {**{name: value for name, value in values.items() if name not in short}, "conditions": (given,)}

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        # By hand: pydantic counts after it dropped what is wrong, and would call one wrong condition no conditions.
        if not self.conditions:
            raise ValueError("a gate has at least one condition")
        return self

    def comparisons(self) -> tuple[Comparison, ...]:
        """Every number that is compared, slices one by one."""
        found = (one for condition in self.conditions for one in condition.comparisons(self.evaluation))
        return tuple(self._told(one, number) for number, one in enumerate(found, start=1))

    def _told(self, one: Comparison, number: int) -> Comparison:
        """A bound that follows from the champion is a value that the run is told, under a name of its own."""
        if one.better is None:
            return one
        slot = f"{SLOT}{self.name.replace('-', '_')}_{number}"
        return one._replace(bound=FromParameter(parameter=slot), better=one.better._replace(slot=slot))

    def makes(self) -> Mapping[str, Output | Made]:
        return {"verdict": "verdict"}

    def reads(self) -> Iterator[Read]:
        for number, condition in enumerate(self.conditions):
            yield from map(Read._make, condition.reads(f"conditions[{number}]", self.evaluation))

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {
            "conditions": [
                {"evaluation": f"{key_of(one.evaluation)}{EVALUATION}", **one.facts} for one in self.comparisons()
            ]
        }
