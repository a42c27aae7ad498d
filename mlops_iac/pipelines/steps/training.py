"""A step that trains a model with one of the team's scripts, in SageMaker's script mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, Source
from mlops_iac.pipelines.steps.step import Made, Output, Read, ScriptStep


class TrainingStep(ScriptStep):
    """Its one output, ``model``, is the archive of what the script saved in ``SM_MODEL_DIR``."""

    kind: ClassVar[str] = "training"

    channels: dict[Word, Source] = Field(min_length=1)
    """Channel name to data: the script reads ``SM_CHANNEL_<NAME>``. ``code`` is taken by the packed code."""
    hyperparameters: FromParameter
    """The run's parameter that holds them, a map of strings."""
    zone: Word = "models"
    """The lake's zone that trained models go to, under the run's id."""
    attempts: int = Field(default=2, ge=1, le=30)
    """How often SageMaker itself starts the job again after an internal error of its own; never after the script's."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"model": "model"}

    def reads(self) -> Iterator[Read]:
        for name, source in self.channels.items():
            yield Read(f"channels.{name}", source, ("prefix", "folder"))
        yield Read("hyperparameters", self.hyperparameters, ("strings",))
