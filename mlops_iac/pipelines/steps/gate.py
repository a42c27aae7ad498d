"""A step that lets a run go on only when a metric keeps a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, Literal

from mlops_iac.pipelines.names import MetricPath
from mlops_iac.pipelines.references import FromParameter, FromStep
from mlops_iac.pipelines.steps.step import KeyOf, Made, Output, Read, Step

EVALUATION: Final = "evaluation.json"
"""The file in an evaluation's folder that metrics are read from."""


class GateStep(Step):
    """Reads ``evaluation.json`` and compares one metric with the run's bound.

    A metric that is missing or is no number is refused as well.
    """

    kind: ClassVar[str] = "gate"

    evaluation: FromStep
    """The output that holds ``evaluation.json``."""
    metric: MetricPath
    """Where the metric lies in the file: `mlops_iac.core.evaluation.find_metric`."""
    direction: Literal["at_least", "at_most"]
    bound: FromParameter
    """The run's parameter that holds the bound, a number."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"verdict": "verdict"}

    def reads(self) -> Iterator[Read]:
        yield Read("evaluation", self.evaluation, ("folder",))
        yield Read("bound", self.bound, ("number",))

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {
            "evaluation": f"{key_of(self.evaluation)}{EVALUATION}",
            "metric": self.metric,
            "direction": self.direction,
            "parameter": self.bound.parameter,
        }
