"""The steps of monitoring: a baseline in the training, and a pipeline that compares with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_iac.blueprints.parts.monitoring_options import Monitoring
from mlops_iac.blueprints.parts.training_pipeline import job
from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import BaselineStep, DeployStep, MonitorStep
from mlops_iac.pipelines.triggers import ScheduleTrigger

BASELINE = "baseline"
NAME = "monitoring"


def with_baseline(training: Pipeline, options: Monitoring) -> Pipeline:
    """The training, which also writes down what it learns from; no model serves before that is done."""
    ignored = (*((options.label,) if options.label else ()), *options.ignore)
    data, machine = FromStep(step="prepare", output="train"), job("baseline", options.machine, "monitoring.machine")
    baseline = BaselineStep(name=BASELINE, data=data, ignore=ignored, job=machine)
    steps = [
        step.model_copy(update={"after": (BASELINE,)}) if step.name == "deploy" else step for step in training.steps
    ]
    place = next(number for number, step in enumerate(steps) if step.name == "train")
    return Pipeline(
        name=training.name,
        parameters=training.parameters,
        steps=(*steps[:place], baseline, *steps[place:]),
        triggers=training.triggers,
    )


def monitoring(options: Monitoring) -> Pipeline:
    """One step, at set times."""
    monitor = MonitorStep(
        name="monitor",
        label=options.label,
        ignore=options.ignore,
        window_hours=options.window_hours,
        measure=options.drift.measure,
        at_most=options.drift.at_most,
        least_rows=options.drift.least_rows,
        quality=options.quality.metric if options.quality else None,
        quality_days=options.quality.days if options.quality else 7,
        job=job("monitor", options.machine, "monitoring.machine"),
    )
    timed = ScheduleTrigger(kind="schedule", when=options.schedule, timezone=options.timezone)
    return Pipeline(name=NAME, steps=(monitor,), triggers={"watch": timed})


def check_baselines(pipelines: Sequence[Pipeline]) -> None:
    """Raise PipelineError when models come into service that nothing could be compared with."""
    wanted = {(step.endpoint, step.zone, step.baseline) for step in _monitors(pipelines)}
    for pipeline in pipelines:
        made = {(step.zone, step.folder or step.name) for step in pipeline.steps if isinstance(step, BaselineStep)}
        for step in pipeline.steps:
            for endpoint, zone, folder in wanted:
                if isinstance(step, DeployStep) and step.endpoint == endpoint and (zone, folder) not in made:
                    problem = Problem(
                        path=f"{step.name}.endpoint",
                        summary="A model would be watched without a baseline.",
                        detail=f"Step `{step.name}` of `{pipeline.name}` deploys to `{endpoint}`, which is watched by "
                        f"a baseline in `{zone}`, folder `{folder}`; no step of this pipeline makes one.",
                        hint=f"add a step `{folder}` of kind baseline, or leave out the option `monitoring`.",
                    )
                    error = PipelineError.of([problem])
                    error.pipeline = pipeline.name
                    raise error


def _monitors(pipelines: Sequence[Pipeline]) -> Iterator[MonitorStep]:
    for pipeline in pipelines:
        yield from (step for step in pipeline.steps if isinstance(step, MonitorStep))
