"""What a run must better: the bounds of its gates that follow from the champion, asked when it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.champions import SLOT, NotComparable, find_bound
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import RunError
from mlops_iac.core.evaluation import metric_keys
from mlops_iac.runs.calls import calling


def ask_bounds(environment: Environment, pipeline: Pipeline, clients: Clients) -> dict[str, float]:
    """Name to bound, for each condition that compares with the champion.

    Raises RunError for a champion whose evaluation lacks the metric: the run would be refused after all its work.
    """
    found: dict[str, float] = {}
    for name, asked in champion_conditions(environment, pipeline):
        try:
            with calling("sagemaker:ListModelPackages", asked["group"]):
                found[name] = find_bound(clients("sagemaker"), clients("s3"), asked)
        except NotComparable as fault:
            raise RunError(
                "The champion cannot be compared with.",
                f"A gate of `{pipeline.name}` wants a model that is better than the champion: {fault}.",
                hint="approve a version that has the metric, or change the gate's condition.",
            ) from None
    return found


def champion_conditions(environment: Environment, pipeline: Pipeline) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The run's parameter that holds the bound, and what `find_bound` is asked."""
    for step in pipeline.steps:
        for one in step.facts.get("conditions", ()):
            if "champion" in one:
                group = environment.registries[one["champion"]["registry"]].model_package_group
                asked = {"group": group, "keys": [*metric_keys(one["metric"])], "direction": one["direction"]}
                yield one["parameter"], {**asked, "by": one["champion"]["by"]}


def said_by_person(pipeline: Pipeline, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of a run's values those that a person may say: not the bounds that it was told of the champion."""
    return {name: value for name, value in values.items() if name in pipeline.parameters or not name.startswith(SLOT)}
