"""The steps of monitoring: a baseline in the training, and a pipeline that compares with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlops_iac.blueprints.parts.monitoring_options import Monitoring
from mlops_iac.blueprints.parts.training_pipeline import job
from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import BaselineStep, BiasStep, DeployStep, ExplainStep, MonitorStep, Step
from mlops_iac.pipelines.steps.monitor import BiasWatch, ExplainWatch
from mlops_iac.pipelines.triggers import ScheduleTrigger

BASELINE = "baseline"
NAME = "monitoring"


def with_baseline(training: Pipeline, options: Monitoring) -> Pipeline:
    """The training, which also writes down what it learns from and, where that is watched, how its model treats groups
    and what it depends on; no model serves before that is done."""
    ignored = (*((options.label,) if options.label else ()), *options.ignore)
    data, machine = FromStep(step="prepare", output="train"), job("baseline", options.machine, "monitoring.machine")
    baseline = BaselineStep(name=BASELINE, data=data, ignore=ignored, job=machine)
    measured = tuple(_measured(options))
    waited = (BASELINE, *(step.name for step in measured))
    steps = [step.model_copy(update={"after": waited}) if step.name == "deploy" else step for step in training.steps]
    place = next(number for number, step in enumerate(steps) if step.name == "train")
    return Pipeline(
        name=training.name,
        parameters=training.parameters,
        steps=(*steps[:place], baseline, steps[place], *measured, *steps[place + 1 :]),
        triggers=training.triggers,
    )


def _measured(options: Monitoring) -> Iterator[Step]:
    """What the model is like, by rows that it did not learn from."""
    asked: dict[str, Any] = {
        "data": FromStep(step="prepare", output="test"),
        "model": FromStep(step="train", output="model"),
        "label": options.label,
    }
    if options.bias:
        told = {"groups": options.bias.groups, "positive": options.bias.positive}
        yield BiasStep(name="bias", **asked, **told, job=job("bias", options.machine, "monitoring.machine"))
    if options.explain:
        yield ExplainStep(name="explain", **asked, job=job("explain", options.machine, "monitoring.machine"))


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
        bias=BiasWatch(**options.bias.model_dump()) if options.bias else None,
        explain=ExplainWatch(**options.explain.model_dump()) if options.explain else None,
        job=job("monitor", options.machine, "monitoring.machine"),
    )
    timed = ScheduleTrigger(kind="schedule", when=options.schedule, timezone=options.timezone)
    return Pipeline(name=NAME, steps=(monitor,), triggers={"watch": timed})


def check_baselines(pipelines: Sequence[Pipeline]) -> None:
    """Raise PipelineError when models come into service that nothing could be compared with."""
    wanted = sorted(
        {(step.endpoint, kind, step.zone, at) for step in _monitors(pipelines) for kind, at in step.baselines.items()}
    )
    for pipeline in pipelines:
        made = {
            (step.kind, step.zone, step.folder or step.name)
            for step in pipeline.steps
            if isinstance(step, BaselineStep | BiasStep | ExplainStep)
        }
        for step in pipeline.steps:
            for endpoint, kind, zone, folder in wanted:
                if isinstance(step, DeployStep) and step.endpoint == endpoint and (kind, zone, folder) not in made:
                    problem = Problem(
                        path=f"{step.name}.endpoint",
                        summary="A model would be watched without a baseline.",
                        detail=f"Step `{step.name}` of `{pipeline.name}` deploys to `{endpoint}`, which is watched by "
                        f"a {kind} in `{zone}`, folder `{folder}`; no step of this pipeline makes one.",
                        hint=f"add a step `{folder}` of kind {kind}, or leave out {_option(kind)}.",
                    )
                    error = PipelineError.of([problem])
                    error.pipeline = pipeline.name
                    raise error


def _option(kind: str) -> str:
    return "the option `monitoring`" if kind == BaselineStep.kind else f"`monitoring.{kind}`"


def _monitors(pipelines: Sequence[Pipeline]) -> Iterator[MonitorStep]:
    for pipeline in pipelines:
        yield from (step for step in pipeline.steps if isinstance(step, MonitorStep))
