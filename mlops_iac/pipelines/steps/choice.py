"""A step that goes one way or the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from mlops_iac.pipelines.conditions import USUAL_EVALUATION, Comparison, Condition, Evaluation, ParameterCondition, When
from mlops_iac.pipelines.names import StepName
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.step import KeyOf, Step


class ChoiceStep(Step):
    """When all of ``when`` hold the steps of ``then`` are done, else those of ``otherwise``; the others are skipped.

    A metric that is missing or is no number ends the run: neither way is taken by accident. What only one way makes
    cannot be read outside of it; a step may come after both: ``after`` with steps of both.
    """

    kind: ClassVar[str] = "choice"

    when: tuple[When, ...] = Field(max_length=20)
    """Conditions on metrics (`metric: auc`, `at_least: 0.9`) or on parameters (`parameter: parameters.mode`, `equals:
    full`)."""
    then: tuple[StepName, ...] = ()
    """Steps that are done when all conditions hold."""
    otherwise: tuple[StepName, ...] = ()
    """Steps that are done when one does not. Left out: none."""
    evaluation: Evaluation = USUAL_EVALUATION
    """Where the metrics are of conditions that do not say. Left out: `evaluate`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.when:
            raise ValueError("a choice has at least one condition in `when`")
        if not (self.then or self.otherwise):
            raise ValueError("a choice names steps in `then` or `otherwise`")
        both = {*self.then} & {*self.otherwise}
        if both:
            raise ValueError(f"`{min(both)}` stands in `then` and in `otherwise`")
        if self.name in (*self.then, *self.otherwise):
            raise ValueError("a choice cannot be one of its own ways")
        return self

    @property
    def ways(self) -> tuple[tuple[str, ...], ...]:
        return self.then, self.otherwise

    def comparisons(self) -> tuple[Comparison, ...]:
        """Every metric that is compared."""
        metrics = (one for one in self.when if isinstance(one, Condition))
        return tuple(found for one in metrics for found in one.comparisons(self.evaluation))

    @property
    def about_parameters(self) -> tuple[ParameterCondition, ...]:
        return tuple(one for one in self.when if isinstance(one, ParameterCondition))

    @property
    def conditional(self) -> bool:
        """The conditions are what it decides by; it is always asked."""
        return False

    @property
    def when_evaluation(self) -> FromStep:
        return self.evaluation

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"then": list(self.then), "otherwise": list(self.otherwise)}
