"""A pipeline for each kind of step that has such a step, for the laws over kinds and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_iac.blueprints.parts.promotion_options import Promotion
from mlops_iac.blueprints.parts.promotion_pipeline import promotion
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.ranges import Numbers, Words
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import (
    ApprovalStep,
    BaselineStep,
    BatchTransformStep,
    BiasStep,
    ChoiceStep,
    ContainerStep,
    EvaluateStep,
    ExplainStep,
    FeatureSkewStep,
    IndexStep,
    IngestStep,
    Job,
    MapStep,
    MonitorStep,
    NotebookStep,
    NotifyStep,
    Output,
    PointInTimeStep,
    ProcessingStep,
    QualityStep,
    QueryStep,
    SkewStep,
    SparkStep,
    Step,
    TrainingStep,
    TuneStep,
)
from mlops_iac.pipelines.steps.tune import Objective


def _training() -> Pipeline:
    return training(TabularBatchOptions())


def _with(*steps: Step) -> Pipeline:
    """The training pipeline, with steps between its gate and what the gate lets pass."""
    made = _training()
    last = steps[-1].name
    register = made.get_step("register").model_copy(update={"after": (last,)})
    rest = tuple(register if step.name == "register" else step for step in made.steps)
    return Pipeline(name=made.name, parameters=made.parameters, steps=(*rest, *steps))


def _approval() -> Pipeline:
    return _with(ApprovalStep(name="approve", after=("gate",), question="Are the figures right?"))


def _scoring() -> Pipeline:
    """Scores a prefix with the champion, in a pipeline of its own."""
    data = Parameter(name="data", type="prefix", default="raw/", description="What to score.")
    score = BatchTransformStep(name="score", model="champion", data=data.ref, join=True, output_filter="$[0,-1]")
    return Pipeline(name="scoring", parameters=(data,), steps=(score,))


def _refreshing() -> Pipeline:
    """Asks the lake for the rows of one country."""
    country = Parameter(name="country", type="string", default="DE", allowed=("DE", "FR"), description="Whose rows.")
    ask = QueryStep(name="ask", sql="SELECT * FROM visits WHERE country = ? AND age > ?", values=(country.ref, 18))
    return Pipeline(name="refresh", parameters=(country,), steps=(ask,))


def _fitting() -> Pipeline:
    """A script for each row of a file, and again for each index."""
    data = Parameter(name="data", type="prefix", default="raw/", description="Where the list lies.")
    results = Output(zone="models", folder="fits")
    fit = MapStep(name="fit", script="train.py", items=data.ref, inner=10, tolerate="5%", results=results)
    return Pipeline(name="fitting", parameters=(data,), steps=(fit,))


def _tuned() -> Pipeline:
    """A tuning in the place of the training."""
    pipeline = _training()
    train = pipeline.get_step("train")
    assert isinstance(train, TrainingStep)
    tune = TuneStep(
        **{name: getattr(train, name) for name in ("name", "script", "channels", "hyperparameters", "job")},
        objective=Objective(metric="auc", regex=r"auc=([0-9.]+)"),
        ranges={"C": Numbers(min=0.01, max=100.0, scale="logarithmic"), "penalty": Words(values=("l1", "l2"))},
        max_jobs=4,
    )
    return pipeline.model_copy(update={"steps": tuple(tune if step is train else step for step in pipeline.steps)})


def _measuring() -> Pipeline:
    """Describes the training data, and looks at what the model does with it."""
    whole = _training()
    data, model = FromStep(step="prepare", output="test"), FromStep(step="train", output="model")
    measured = (
        BaselineStep(name="describe", data=data, ignore=("id",)),
        QualityStep(name="check", data=data, columns={"age": {"complete": 0.9, "at_least": 0, "at_most": 120}}),
        BiasStep(name="bias", data=data, model=model, label="ill", groups=("country", "sex")),
        SkewStep(name="skew", train=data, serving=data, ignore=("id",), differences={"gap": ("age", "height")}),
        ExplainStep(name="explain", data=data, model=model, label="ill"),
    )
    return Pipeline(name="training", parameters=whole.parameters, steps=(*whole.steps, *measured))


def _ingesting() -> Pipeline:
    """Puts what a feed left into all groups of features."""
    data = Parameter(name="data", type="prefix", default="raw/features/", description="Rows of each group.")
    return Pipeline(name="ingesting", parameters=(data,), steps=(IngestStep(name="put", rows=data.ref),))


def _learning_from_features() -> Pipeline:
    """The features as they were at each label, and a check that applications are told the same."""
    history = PointInTimeStep(name="history", labels="visits", time="asked_at", groups=("patients",))
    prepare = ProcessingStep(
        name="prepare",
        script="prepare.py",
        inputs={"data": history.output("rows")},
        outputs={"train": Output(zone="features", folder="train")},
    )
    check = FeatureSkewStep(name="check", sample=100)
    return Pipeline(name="learning", steps=(history, prepare, check))


def _watching() -> Pipeline:
    """Looks at what the endpoint was asked, and at what became known of it."""
    watch = MonitorStep(name="watch", label="ill", ignore=("id",), quality="auc", measure="js", at_most=0.1)
    return Pipeline(name="watching", steps=(watch,))


def _indexing() -> Pipeline:
    """Puts vectors that a script made into the store, and asks it the script's questions."""
    data = Parameter(name="data", type="prefix", default="raw/", description="What to embed.")
    folders = {name: Output(zone="features", folder=name) for name in ("vectors", "questions")}
    embed = ProcessingStep(name="embed", script="embed.py", inputs={"data": data.ref}, outputs=folders)
    index = IndexStep(name="index", vectors=embed.output("vectors"), questions=embed.output("questions"), top=5)
    return Pipeline(name="indexing", parameters=(data,), steps=(embed, index))


def _containing() -> Pipeline:
    """Runs a program of the team's own image."""
    data = Parameter(name="data", type="prefix", default="raw/", description="What to convert.")
    convert = ContainerStep(
        name="convert",
        image="own:converter-1",
        command=("/usr/bin/convert", "--fast"),
        inputs={"data": data.ref},
        outputs={"data": Output(zone="curated", folder="converted")},
        arguments={"from": data.ref},
    )
    return Pipeline(name="converting", parameters=(data,), steps=(convert,))


def _choice() -> Pipeline:
    mode = Parameter(name="mode", type="string", default="full", allowed=("full", "quick"), description="How much.")
    data = Parameter(name="data", type="prefix", default="raw/", description="What to look at.")
    scripts = [
        ProcessingStep(
            name=name,
            script=f"{name}.py",
            inputs={"data": data.ref},
            outputs={"out": Output(zone="curated", folder=name)},
            job=Job(),
        )
        for name in ("full", "quick")
    ]
    way = ChoiceStep(
        name="which", when=({"parameter": "parameters.mode", "equals": "full"},), then=("full",), otherwise=("quick",)
    )
    return Pipeline(name="chosen", parameters=(mode, data), steps=(way, *scripts))


def _promoting() -> Pipeline:
    """The training, with what it is told to fetch in the place of what trains."""
    return promotion(_training(), Promotion())


def _sparking() -> Pipeline:
    data = Parameter(name="data", type="prefix", default="raw/", description="What to count.")
    outputs = {"counts": Output(zone="curated", folder="counts")}
    count = SparkStep(name="count", script="count.py", inputs={"data": data.ref}, outputs=outputs)
    return Pipeline(name="counting", parameters=(data,), steps=(count,))


def _evaluated() -> Pipeline:
    data = Parameter(name="data", type="prefix", default="raw/", description="What to measure.")
    evaluate = EvaluateStep(name="evaluate", script="evaluate.py", inputs={"data": data.ref})
    return Pipeline(name="measured", parameters=(data,), steps=(evaluate,))


def _executed() -> Pipeline:
    """Executes a notebook, which measures something."""
    data = Parameter(name="data", type="prefix", default="raw/", description="What to look at.")
    depth = Parameter(name="depth", type="number", default=3, description="How deep.")
    look = NotebookStep(
        name="look",
        notebook="look.ipynb",
        inputs={"data": data.ref},
        outputs={"evaluation": Output(zone="models", folder="evaluation"), "tables": Output(zone="curated")},
        arguments={"depth": depth.ref, "title": "Cellar"},
    )
    return Pipeline(name="looking", parameters=(data, depth), steps=(look,))


def _told() -> Pipeline:
    measured = _evaluated()
    tell = NotifyStep(name="tell", subject="Measured", message="{run} of {parameters.data}: {auc}, as {by.DE.auc}")
    return measured.model_copy(update={"steps": (*measured.steps, tell)})


SAMPLES: Mapping[str, Callable[[], Pipeline]] = {
    "approval": _approval,
    "baseline": _measuring,
    "batch_transform": _scoring,
    "bias": _measuring,
    "choice": _choice,
    "container": _containing,
    "deploy": _training,
    "evaluate": _evaluated,
    "explain": _measuring,
    "feature_skew": _learning_from_features,
    "fetch": _promoting,
    "gate": _training,
    "index": _indexing,
    "ingest": _ingesting,
    "map": _fitting,
    "monitor": _watching,
    "notebook": _executed,
    "notify": _told,
    "point_in_time": _learning_from_features,
    "processing": _training,
    "quality": _measuring,
    "query": _refreshing,
    "register": _training,
    "skew": _measuring,
    "spark": _sparking,
    "training": _training,
    "tune": _tuned,
}
"""Kind to its sample. Sorted."""
