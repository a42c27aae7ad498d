"""A step that runs one of the team's scripts over folders: validate, prepare, evaluate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from mlops_iac.pipelines.names import JOB_NAME_LENGTH, Word
from mlops_iac.pipelines.references import FromParameter, Source
from mlops_iac.pipelines.steps.step import Job, KeyOf, Made, Output, Read, Script, Step


class ProcessingStep(Step):
    """The script finds each input under ``/opt/ml/processing/input/<name>`` and leaves each output under
    ``/opt/ml/processing/output/<name>``."""

    kind: ClassVar[str] = "processing"

    script: Script
    inputs: dict[Word, Source]
    outputs: dict[Word, Output] = Field(min_length=1)
    arguments: dict[Word, str | FromParameter] = Field(default_factory=dict)
    """Passed to the script as ``--name value``. A parameter must be text or a number."""
    job: Job

    def makes(self) -> Mapping[str, Output | Made]:
        return self.outputs

    def reads(self) -> Iterator[Read]:
        for name, source in self.inputs.items():
            yield Read(f"inputs.{name}", source, ("prefix", "folder", "model"))
        for name, value in self.arguments.items():
            if isinstance(value, FromParameter):
                yield Read(f"arguments.{name}", value, ("string", "number", "prefix"))

    def scripts(self) -> Mapping[str, str]:
        return {self.name: self.script}

    @property
    def seconds(self) -> int:
        return self.job.max_seconds

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"job": self.kind, "name_limit": JOB_NAME_LENGTH}
