"""A pipeline whose scripts run on the environment's queues."""

from __future__ import annotations

from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ScriptStep, Step


def on_batch(pipeline: Pipeline, queue: str = "cpu") -> Pipeline:
    """The same pipeline, computed on a queue."""

    def moved(step: Step) -> Step:
        return step.model_copy(update={"compute": "batch", "queue": queue}) if isinstance(step, ScriptStep) else step

    steps = tuple(moved(step) for step in pipeline.steps)
    return Pipeline(name=pipeline.name, parameters=pipeline.parameters, steps=steps)
