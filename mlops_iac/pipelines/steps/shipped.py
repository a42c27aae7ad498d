"""Steps whose script comes with mlops-iac. A team may put its own in its place, with the same inputs and outputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from mlops_iac.core.environment import SHIPPED
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.step import Folder, KeyOf, Made, Output, Read, ScriptStep

SHARED = ("name", "after", *ScriptStep.__annotations__, "retry", "timeout_minutes", "cache")
"""Fields of the processing step that it is."""


class ShippedStep(ScriptStep):
    """Is what it says in `processing`: a processing step, whose fields a team need not write."""

    shipped: ClassVar[str]
    """The script, in `mlops_iac.runs.shipped`."""
    makes_one: ClassVar[str]
    """Its one output."""

    zone: Word = "models"
    """The lake's zone that the output goes to, under the run's id."""
    folder: Folder | None = None
    """Folder of the output in the run's own. Left out: the step's name."""

    @abstractmethod
    def inputs(self) -> Mapping[str, Any]:
        """Name to the reference of each thing that the script finds."""

    def arguments(self) -> Mapping[str, str]:
        """What the script is told, those that are empty left out."""
        return {}

    def processing(self) -> ProcessingStep:
        fields = {name: getattr(self, name) for name in SHARED}
        arguments = {name: value for name, value in self.arguments().items() if value}
        return ProcessingStep(**fields, inputs={**self.inputs()}, outputs=self.outputs, arguments=arguments)

    @property
    def outputs(self) -> dict[str, Output]:
        return {self.makes_one: Output(zone=self.zone, folder=self.folder or self.name)}

    def makes(self) -> Mapping[str, Output | Made]:
        return self.outputs

    def reads(self) -> Iterator[Read]:
        for name, source in self.inputs().items():
            yield Read(name, source, ("model",) if name == "model" else ("prefix", "folder"))

    def scripts(self) -> Mapping[str, str]:
        return {} if self.script == self.shipped else super().scripts()

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        shipped = {SHIPPED: self.shipped} if self.script == self.shipped else {}
        return {**self.processing().facts(key_of), **shipped}
