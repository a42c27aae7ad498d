"""validate → prepare → train → evaluate → gate → register → deploy."""

from __future__ import annotations

from typing import Any

from mlops_iac.blueprints.parts.training_options import DataScript, EvaluateScript, Machine, TrainingOptions
from mlops_iac.pipelines.conditions import Condition
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import (
    DeployStep,
    GateStep,
    Job,
    Output,
    ProcessingStep,
    RegisterStep,
    TrainingStep,
)
from mlops_iac.pipelines.strategy import AllAtOnce, AnyStrategy


def training(options: TrainingOptions, strategy: AnyStrategy | None = None) -> Pipeline:
    """From the team's data to a served model, or to a refusal that says which metric missed its bound."""
    scripts, instances = options.scripts, options.instances

    data = Parameter(name="data", type="prefix", default=options.data, description="Where in the lake the data is.")
    hyperparameters = Parameter(
        name="hyperparameters",
        type="strings",
        default=options.hyperparameter_strings,
        description="Passed to the training script.",
    )
    bound = Parameter(
        name=f"gate_{options.gate.direction}",
        type="number",
        default=options.gate.bound,
        description=f"Bound of {options.gate.metric}, {options.gate.direction.replace('_', ' ')}.",
    )

    splits = ("train", "test", *(("validation",) if "validation" in options.channels else ()))
    validate = ProcessingStep(
        name="validate",
        script=scripts.validate_data,
        **_called(options.steps.validate_data, ("data",)),
        inputs={"data": data.ref},
        outputs={"data": Output(zone="curated")},
        job=job("validate", instances.validate_data),
    )
    prepare = ProcessingStep(
        name="prepare",
        script=scripts.prepare,
        **_called(options.steps.prepare, ("data", *splits)),
        inputs={"data": validate.output("data")},
        outputs={name: Output(zone="features", folder=name) for name in splits},
        job=job("prepare", instances.prepare),
    )
    train = TrainingStep(
        name="train",
        script=scripts.train,
        channels={name: prepare.output(name) for name in options.channels},
        hyperparameters=hyperparameters.ref,
        job=job("train", instances.train),
    )
    evaluate = ProcessingStep(
        name="evaluate",
        script=scripts.evaluate,
        **_called(options.steps.evaluate, ("model", "test", "evaluation")),
        inputs={"model": train.output("model"), "test": prepare.output("test")},
        outputs={"evaluation": Output(zone="models", folder="evaluation")},
        job=job("evaluate", instances.evaluate),
    )
    gate = GateStep(
        name="gate",
        evaluation=evaluate.output("evaluation"),
        conditions=(Condition(metric=options.gate.metric, **{options.gate.direction: bound.ref}),),
    )
    register = RegisterStep(
        name="register",
        model=train.output("model"),
        evaluation=evaluate.output("evaluation"),
        gate=gate.output("verdict"),
    )
    deploy = DeployStep(name="deploy", package=register.output("package"), strategy=strategy or AllAtOnce())

    return Pipeline(
        name="training",
        parameters=(data, hyperparameters, bound),
        steps=(validate, prepare, train, evaluate, gate, register, deploy),
        triggers=options.triggers,
    )


def _called(script: DataScript | EvaluateScript, names: tuple[str, ...]) -> dict[str, Any]:
    """What a team may say about a call: ``names`` are the step's inputs and outputs."""
    return {
        "paths": script.paths_of(names),
        "arguments": script.argument_strings,
        "environment": script.environment,
        "shared": script.share,
    }


def job(step: str, machine: Machine, settings: str = "") -> Job:
    """The machines of a step; ``settings`` is where a stack file says them. Left out: below `instances`."""
    return Job(
        instance_type=machine.instance_type,
        instance_count=machine.instance_count,
        volume_gib=machine.volume_gib,
        max_minutes=machine.max_minutes,
        settings=settings or f"instances.{step}",
    )
