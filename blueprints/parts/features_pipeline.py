"""The steps of features: a pipeline that makes them, and a training that learns from them as they were."""

from __future__ import annotations

from mlops_iac.blueprints.parts.features_options import Labels, Materialisation
from mlops_iac.blueprints.parts.training_pipeline import job
from mlops_iac.pipelines.conditions import Condition
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import (
    FeatureSkewStep,
    GateStep,
    IngestStep,
    Output,
    PointInTimeStep,
    ProcessingStep,
)
from mlops_iac.pipelines.triggers import ScheduleTrigger

NAME, HISTORY, SKEW = "features", "history", "skew"


def features(options: Materialisation) -> Pipeline:
    """Raw data to rows, and rows into the groups."""
    data = Parameter(name="data", type="prefix", default=options.data, description="Where in the lake the data is.")
    build = ProcessingStep(
        name="build",
        script=options.script,
        inputs={"data": data.ref},
        outputs={"rows": Output(zone="features", folder="rows")},
        job=job("build", options.machine, "features.machine"),
    )
    ingest = IngestStep(name="ingest", rows=build.output("rows"))
    timed = {}
    if options.schedule:
        timed["scheduled"] = ScheduleTrigger(kind="schedule", when=options.schedule, timezone=options.timezone)
    return Pipeline(name=NAME, parameters=(data,), steps=(build, ingest), triggers=timed)


def learning_from_features(training: Pipeline, labels: Labels | None, skew_at_most: float) -> Pipeline:
    """The training, whose gate looks at skew too; with labels, it begins with the features as they were."""
    skew = FeatureSkewStep(name=SKEW)
    steps = [_asked(step, skew_at_most) if isinstance(step, GateStep) else step for step in training.steps]
    place = next(number for number, step in enumerate(steps) if isinstance(step, GateStep))
    steps[place:place] = [skew]
    parameters = training.parameters
    if labels:
        history = PointInTimeStep(name=HISTORY, labels=labels.table, time=labels.time)
        begun = steps[0].model_copy(update={"inputs": {"data": history.output("rows")}})
        steps[:1] = [history, begun]
        parameters = tuple(one for one in parameters if one.name != "data")
    return training.model_copy(update={"steps": tuple(steps), "parameters": parameters})


def _asked(gate: GateStep, at_most: float) -> GateStep:
    report = FromStep(step=SKEW, output="report")
    condition = Condition(metric="skew", evaluation=report, at_most=at_most)
    return gate.model_copy(update={"conditions": (*gate.conditions, condition)})
