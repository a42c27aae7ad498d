"""What each step's compiler is told, and what it answers: tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from mlops_iac.pipelines.compile import requests
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.tuning import MODEL
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromBucket, FromParameter, FromStep, Source
from mlops_iac.pipelines.steps import TuneStep
from mlops_iac.pipelines.steps.fetch import ARCHIVE, FILES, FetchStep
from mlops_iac.pipelines.steps.step import JobStep, Output, Step

PLACES = re.compile(r"(\{(?:run|code)?\})")
"""What is filled in."""

Task = dict[str, Any]
"""One task: ``operator`` and its ``arguments``; ``after``, the tasks of the same step that it waits for."""

Tasks = dict[str, Task]
"""Task id to task, each after what it waits for. The first is called like the step, others ``<step>--<what>``."""


def task(operator: str, *, after: str = "", **arguments: Any) -> Task:
    return {"operator": operator, "arguments": arguments, "after": [after] if after else []}


@dataclass(frozen=True)
class Context:
    mark: ClassVar[str] = ""
    pipeline: Pipeline
    bindings: Bindings

    def uri(self, source: Source) -> Any:
        """The S3 URI of what a reference leads to."""
        if isinstance(source, FromBucket):
            return source.uri
        if isinstance(source, FromParameter):
            return x.text(f"s3://{self.bindings.bucket}/", x.parameter(source.parameter))
        step, made = self.pipeline.get_step(source.step), self.pipeline.made(source)
        if isinstance(made, Output):
            return self.file_uri(source)
        if isinstance(step, TuneStep):
            best = x.made(step.name, "Tuning", "BestTrainingJob", "TrainingJobName")
            return self.text(f"{self._start(Output(zone=step.zone))}{{}}/{MODEL}", best, run=self.run_of(step))
        if isinstance(step, FetchStep):
            return self.folder_uri(step.outputs[FILES], ARCHIVE, run=self.run_of(step))
        if made == "package":
            return x.made(source.step)
        return x.made(source.step, "Training", "ModelArtifacts", "S3ModelArtifacts")

    def run_of(self, step: Step) -> Any:
        """The run whose folders have what a step makes."""
        return x.origin(step.name) if isinstance(step, JobStep) and step.reusable else x.RUN

    def file_uri(self, source: Source, file: str = "") -> Any:
        """A file in the folder that a reference leads to, or the folder; the pipeline made sure that it is one."""
        assert isinstance(source, FromStep)
        made = self.pipeline.made(source)
        assert isinstance(made, Output)
        return self.folder_uri(made, file, run=self.run_of(self.pipeline.get_step(source.step)))

    def folder_uri(self, output: Output, file: str = "", *, run: Any = x.RUN) -> Any:
        """A folder of a run, or a file in it. Left out: of this run."""
        return self.text(f"{self._start(output)}{file}", run=run)

    def text(self, template: str, *values: Any, run: Any = x.RUN) -> Any:
        """A text with the run in the place of ``{run}``, the code in that of ``{code}``, and values in those of
        ``{}``."""
        waiting = iter(values)
        places = {"{run}": run, "{code}": x.CODE_SHA}
        parts = [next(waiting) if part == "{}" else places.get(part, part) for part in PLACES.split(template) if part]
        return x.text(*parts)

    def _start(self, output: Output) -> str:
        return f"s3://{self.bindings.bucket}/{requests.folder_key(output, self)}"

    def environment(self) -> dict[str, Any]:
        """What every job can read about where it runs."""
        return {"MLOPS_IAC_STACK": self.bindings.stack, "MLOPS_IAC_RUN": x.RUN}

    def tags(self) -> list[dict[str, Any]]:
        """On everything a run creates, so that `destroy` finds it."""
        return requests.tags(self.bindings, {"Value": x.RUN})
