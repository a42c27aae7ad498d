"""A step that lets a run go on only when a metric keeps a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps.step import Made, Output, Read, Step

SIGNS: Mapping[str, str] = {"at_least": ">=", "at_most": "<="}


class GateStep(Step):
    """Reads ``evaluation.json`` (``{"metrics": {name: number}}``) and compares one metric with the run's bound.

    A metric that is missing or is no number is refused as well.
    """

    kind: ClassVar[str] = "gate"

    evaluation: FromStep
    """The output that holds ``evaluation.json``."""
    metric: Word
    direction: Literal["at_least", "at_most"]
    bound: FromParameter
    """The run's parameter that holds the bound, a number."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"verdict": "verdict"}

    def reads(self) -> Iterator[Read]:
        yield Read("evaluation", self.evaluation, ("folder",))
        yield Read("bound", self.bound, ("number",))
