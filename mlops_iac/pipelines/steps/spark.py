"""A step that runs one of the team's PySpark scripts. No target runs it yet: a file that has one is told why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.step import Made, Output, Read, Script, Step


class SparkStep(Step):
    """Known by name, and refused with the reason: a `container` step runs Spark in an image that has it."""

    kind: ClassVar[str] = "spark"

    script: Script
    """In the team's code folder."""
    inputs: dict[Word, Source] = Field(default_factory=dict)
    """Name to the data that the script finds."""
    outputs: dict[Word, Output] = Field(min_length=1)
    """Name to the folder of the lake that what the script leaves goes to."""

    def makes(self) -> Mapping[str, Output | Made]:
        return self.outputs

    def reads(self) -> Iterator[Read]:
        for name, source in self.inputs.items():
            yield Read(f"inputs.{name}", source, ("prefix", "folder"))

    def scripts(self) -> Mapping[str, str]:
        return {self.name: self.script}
