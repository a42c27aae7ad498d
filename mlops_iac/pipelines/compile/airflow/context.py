"""What each step's compiler is told, and what it answers: tasks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import PipelineError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.compile.airflow import expressions as x
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.tuning import MODEL
from mlops_iac.pipelines.describe import key_of_output
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromParameter, Source
from mlops_iac.pipelines.steps import TuneStep
from mlops_iac.pipelines.steps.step import Output

RUN_TAG = "mlops-iac:run"

Task = dict[str, Any]
"""One task: ``operator`` and its ``arguments``; ``after``, the tasks of the same step that it waits for."""

Tasks = dict[str, Task]
"""Task id to task, each after what it waits for. The first is called like the step, others ``<step>--<what>``."""


def task(operator: str, *, after: str = "", **arguments: Any) -> Task:
    return {"operator": operator, "arguments": arguments, "after": [after] if after else []}


@dataclass(frozen=True)
class Context:
    pipeline: Pipeline
    bindings: Bindings

    def uri(self, source: Source) -> Any:
        """The S3 URI of what a reference leads to."""
        if isinstance(source, FromParameter):
            return x.text(f"s3://{self.bindings.bucket}/", x.parameter(source.parameter))
        step, made = self.pipeline.get_step(source.step), self.pipeline.made(source)
        if isinstance(made, Output):
            return self.folder_uri(made)
        if isinstance(step, TuneStep):
            best = x.made(step.name, "Tuning", "BestTrainingJob", "TrainingJobName")
            return self.text(f"{self._start(Output(zone=step.zone))}{{}}/{MODEL}", best)
        if made == "package":
            return x.made(source.step)
        return x.made(source.step, "Training", "ModelArtifacts", "S3ModelArtifacts")

    def folder_uri(self, output: Output, file: str = "") -> Any:
        return self.text(f"{self._start(output)}{file}")

    def folder(self, source: Source) -> Output:
        """The folder that a reference leads to; the pipeline made sure that it is one."""
        assert not isinstance(source, FromParameter)
        made = self.pipeline.made(source)
        assert isinstance(made, Output)
        return made

    def text(self, template: str, *values: Any) -> Any:
        """A text with the run in the place of ``{run}``, and values in those of ``{}``."""
        parts: list[Any] = []
        waiting = [*values]
        for number, piece in enumerate(template.split("{run}")):
            parts += [x.RUN] if number else []
            for index, words in enumerate(piece.split("{}")):
                parts += [waiting.pop(0)] if index else []
                parts += [words] if words else []
        return x.text(*parts)

    def _start(self, output: Output) -> str:
        return f"s3://{self.bindings.bucket}/{key_of_output(output, self._zones(output.zone))}"

    def _zones(self, name: str) -> Any:
        zones = self.bindings.zones
        if name not in zones:
            raise PipelineError(
                "Unknown zone.",
                f"Pipeline `{self.pipeline.name}` writes to zone `{name}`, which the lake does not have.",
                hint=did_you_mean(name, zones),
            )
        return zones

    def environment(self) -> dict[str, Any]:
        """What every job can read about where it runs."""
        return {"MLOPS_IAC_STACK": self.bindings.stack, "MLOPS_IAC_RUN": x.RUN}

    def tags(self) -> list[dict[str, Any]]:
        """On everything a run creates, so that `destroy` finds it."""
        ours: list[dict[str, Any]] = [
            {"Key": STACK_TAG, "Value": self.bindings.stack},
            {"Key": RUN_TAG, "Value": x.RUN},
        ]
        return [*ours, *({"Key": key, "Value": value} for key, value in sorted(self.bindings.tags.items()))]


Compiler = Callable[[Any, Context], Tasks]
