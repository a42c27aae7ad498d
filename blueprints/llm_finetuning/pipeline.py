"""validate → prepare → train → merge → quantise → evaluate → gate → register → deploy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlops_iac.blueprints.llm_finetuning.options import LlmFinetuningOptions
from mlops_iac.blueprints.parts.training_pipeline import job
from mlops_iac.core.gpus import gpus_of
from mlops_iac.pipelines.conditions import Condition
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromBucket, FromStep
from mlops_iac.pipelines.steps import (
    GateStep,
    Output,
    ProcessingStep,
    RegisterStep,
    Step,
    TrainingStep,
)
from mlops_iac.pipelines.steps.training import Distributed

LOSS: Final = r"\bloss[ =:]+([0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
"""What a script logs of its loss: `loss 1.93`, `loss=1.93`."""


def tuning(whole: Pipeline, options: LlmFinetuningOptions) -> Pipeline:
    """``whole``: a training's pipeline. What it trains is merged and quantised, and that is measured and served."""
    train, evaluate, gate, register = (whole.get_step(name) for name in ("train", "evaluate", "gate", "register"))
    assert isinstance(train, TrainingStep)
    assert isinstance(evaluate, ProcessingStep)
    assert isinstance(gate, GateStep)
    assert isinstance(register, RegisterStep)
    base = {"base": FromBucket(uri=options.base_model)} if options.base_model else {}
    merge = ProcessingStep(
        name="merge",
        script=options.scripts.merge,
        inputs={"model": train.output("model"), **base},
        outputs={"merged": Output(zone="models", folder="merged")},
        job=job("merge", options.instances.merge),
    )
    # A training job, because that is what makes an archive that SageMaker serves.
    quantise = TrainingStep(
        name="quantise",
        script=options.scripts.quantise,
        channels={"merged": merge.output("merged")},
        hyperparameters={"precision": options.precision},
        job=job("quantise", options.instances.quantise),
    )
    model: FromStep = quantise.output("model")
    changed: dict[str, Step] = {
        "train": _trained(train, options, base),
        "evaluate": evaluate.model_copy(update={"inputs": {**evaluate.inputs, "model": model}}),
        "gate": gate.model_copy(update={"conditions": (*gate.conditions, *_conditions(options))}),
        "register": register.model_copy(update={"model": model}),
    }
    steps = [changed.get(step.name, step) for step in whole.steps]
    at = steps.index(changed["train"]) + 1
    return whole.model_copy(update={"steps": (*steps[:at], merge, quantise, *steps[at:])})


def _trained(train: TrainingStep, options: LlmFinetuningOptions, base: dict[str, FromBucket]) -> TrainingStep:
    """With checkpoints, on spare capacity, by as many processes as there are GPUs."""
    asked, gpus = options.tuning, gpus_of(train.job.instance_type)
    processes = (asked.processes or (gpus.count if gpus else 1)) * train.job.instance_count
    update = {
        "channels": {**train.channels, **base},
        "metrics": {"loss": LOSS},
        "checkpoints": True,
        "spot": asked.spot,
        "keep_alive_minutes": asked.keep_alive_minutes,
        "distributed": Distributed(launcher="torchrun", processes=asked.processes) if processes > 1 else None,
    }
    return train.model_copy(update=update)


def _conditions(options: LlmFinetuningOptions) -> Iterator[Condition]:
    """Those of the gate beside its own: the task suite's, and that neither metric is worse than the champion's."""
    asked = (options.gate, *([options.suite] if options.suite else []))
    for other in asked[1:]:
        yield Condition(metric=other.metric, **{other.direction: other.bound})
    for one in asked if options.keep_champion else ():
        goal = "maximize" if one.direction == "at_least" else "minimize"
        yield Condition(metric=one.metric, better_than_champion_by=0, goal=goal)
