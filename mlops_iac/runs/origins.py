"""In which run's folders something lies that a run made, or that it took over from a run before."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_iac.core.environment import FOLDERS, Pipeline


def origin_of(pipeline: Pipeline, place: str, run: str, origins: Mapping[str, str]) -> str:
    """``place``: a key or its prefix, with ``{run}`` for the run's id; ``origins``: step to a run before."""
    folders = [(folder, step.name) for step in pipeline.steps for folder in step.facts.get(FOLDERS, ())]
    makers = [each for each in folders if place.startswith(each[0])]
    _, maker = max(makers, key=lambda each: len(each[0]), default=("", ""))
    return origins.get(maker, run)
