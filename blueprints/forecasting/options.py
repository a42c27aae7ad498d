"""What a team may say about a forecasting environment: tabular-batch's options, and how many models there are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from mlops_iac.blueprints.parts.queue_options import QueueName
from mlops_iac.blueprints.parts.training_options import Gate, Machine, ScriptName, Scripts
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions
from mlops_iac.config.section import Section
from mlops_iac.pipelines.steps.map import MOST_INDICES


class ForecastingScripts(Scripts):
    fit: ScriptName = Field(
        default="fit.py", description="Trains one series with one setting, and writes what MLOPS_IAC_RESULT names."
    )


class Fits(Section):
    """The small trainings: one of each series with each setting."""

    settings: int = Field(
        default=10, ge=1, le=MOST_INDICES, description="How many settings are tried for each series: --index 0, 1, …"
    )
    at_once: int = Field(default=40, ge=1, le=10_000, description="How many series are worked on at the same time.")
    tolerate: Annotated[str, StringConstraints(pattern=r"^(100|[0-9]{1,2})(\.[0-9]+)?%$")] = Field(
        default="0%", description="How many series may fail without the run failing: a share, such as 1%."
    )
    cache: bool = Field(
        default=True, description="Whether a training that an earlier run did, with the same code and data, is kept."
    )
    machine: Machine = Field(default=Machine(), description="The machine of a series' job.")
    compute: QueueName = Field(
        default="sagemaker",
        description="Where they run: in SageMaker's jobs, or in an array of containers on a queue of `batch`, by its "
        "name: cpu, gpu, or one of your own.",
        examples=["cpu", "sagemaker"],
    )
    containers: int = Field(
        default=1, ge=1, le=MOST_INDICES, description="How many containers of an array share the settings of a series."
    )


class ForecastingOptions(TabularBatchOptions):
    """Train a model for each of many series, keep the best of each, and serve them as one."""

    scripts: ForecastingScripts = Field(
        default=ForecastingScripts(), description="The scripts of the pipeline, in your code folder."
    )
    fits: Fits = Field(default=Fits(), description="The small trainings, of each series with each setting.")
    gate: Gate = Field(
        default=Gate(metric="gain", at_least=0.0),
        description="What the models must reach, together, to be deployed.",
        json_schema_extra={"x-written": True},
    )
