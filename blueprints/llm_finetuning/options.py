"""What a team may say about an llm-finetuning environment. Every option has a default that works."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from mlops_iac.blueprints.parts.adopt_options import ServingAdopt
from mlops_iac.blueprints.parts.base_model_options import BaseModelOptions
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.promotion_options import PromotionOptions
from mlops_iac.blueprints.parts.run_options import Framework
from mlops_iac.blueprints.parts.serve_options import Serverless, Serving
from mlops_iac.blueprints.parts.server_options import ServerOptions
from mlops_iac.blueprints.parts.spark_options import SparkOptions
from mlops_iac.blueprints.parts.training_options import (
    Gate,
    Instances,
    Machine,
    ScriptName,
    Scripts,
    TrainingOptions,
)
from mlops_iac.config.section import Section


class TuningScripts(Scripts):
    merge: ScriptName = Field(
        default="merge.py", description="Adds the adapter to the base model, and leaves one set of weights."
    )
    quantise: ScriptName = Field(
        default="quantise.py", description="Writes the model as it is served, in SM_MODEL_DIR: --precision."
    )


class TuningInstances(Instances):
    """The machines of each step. A step that is left out uses one ml.m5.large for at most an hour; the training, one
    GPU."""

    train: Machine = Field(default=Machine(instance_type="ml.g5.xlarge"), description="Machines that train.")
    merge: Machine = Field(default=Machine(), description="Machines that merge.")
    quantise: Machine = Field(default=Machine(), description="Machines that quantise.")


class Tuning(Section):
    """How weights are learnt."""

    method: Literal["full", "lora"] = Field(
        default="full",
        description="All weights, or a LoRA adapter beside those of `base_model`: the script's --method.",
    )
    processes: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description="Of each instance, started by torchrun. Left out: one for each of its GPUs.",
    )
    spot: bool = Field(
        default=True,
        description="Train on spare capacity, which costs less and may be taken away: the script goes on from "
        "its last checkpoint.",
    )
    keep_alive_minutes: int = Field(
        default=0,
        ge=0,
        le=60,
        description="How long the machines stay, and are paid for, after a training, so that the next one starts at "
        "once; not with `spot`.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.spot and self.keep_alive_minutes:
            raise ValueError("SageMaker keeps no spare capacity: say `spot: false`, or leave `keep_alive_minutes` out")
        return self


class LlmFinetuningOptions(
    SparkOptions, FoundationOptions, PromotionOptions, ServerOptions, BaseModelOptions, TrainingOptions
):
    """Tune a language model, measure it by a task suite, and serve it."""

    adopt: ServingAdopt = Field(
        default=ServingAdopt(),
        description="Layers that are there already: used, and never deleted. `mlops-iac adopt` writes this.",
    )
    framework: Framework = Field(
        default=Framework(name="pytorch", version="2.6.0"), description="What your scripts are written for."
    )
    scripts: TuningScripts = Field(
        default=TuningScripts(), description="The scripts of the pipeline, in your code folder."
    )
    instances: TuningInstances = Field(default=TuningInstances(), description="The machines of each step.")
    tuning: Tuning = Field(default=Tuning(), description="How the model is trained.")
    precision: Literal["int8", "float32"] = Field(
        default="int8", description="In which numbers the served model computes: the --precision of `quantise.py`."
    )
    gate: Gate = Field(
        default=Gate(metric="perplexity", at_most=20),
        description="What a model must reach on text that it has never seen, to be deployed.",
        json_schema_extra={"x-written": True},
    )
    suite: Gate | None = Field(
        default=Gate(metric="exact_match", at_least=0.5),
        description="What it must reach in the task suite as well. Left out as `suite: null`: nothing.",
    )
    keep_champion: bool = Field(
        default=True,
        description="Whether a model that is worse than the one approved last, by either metric, is refused.",
    )
    serving: Serving = Field(
        default=Serverless(flavour="serverless", memory_mb=4096), description="How the model serves."
    )

    @model_validator(mode="after")
    def _check_method(self) -> Self:
        if self.tuning.method == "lora" and self.base_model is None:
            raise ValueError("`tuning.method: lora` learns a difference to a base model: say `base_model: s3://…`")
        if self.base_model_account and self.base_model is None:
            raise ValueError("`base_model_account` is of a `base_model`: say that too, or leave it out")
        return self

    @property
    def hyperparameter_strings(self) -> dict[str, str]:
        return {"method": self.tuning.method, **super().hyperparameter_strings}
