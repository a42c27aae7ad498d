"""What each step's compiler is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mlops_iac.pipelines.compile import requests
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromBucket, FromParameter, FromStep, Source
from mlops_iac.pipelines.steps.fetch import ARCHIVE, FILES, FetchStep
from mlops_iac.pipelines.steps.step import JobStep, Output, Step

State = dict[str, Any]
States = dict[str, State]
"""State name to state, in reading order; the first one is where the step starts."""


@dataclass(frozen=True)
class Context:
    mark: ClassVar[str] = ".$"
    pipeline: Pipeline
    bindings: Bindings
    next: str
    """The state to go to when the step is done."""
    otherwise: str = ""
    """The state to go to when a choice decides against. Only a choice has one."""
    array_size: int | None = None
    """How many containers a job on a queue is. Left out: one."""

    @property
    def reuse(self) -> tuple[str, ...]:
        """What every state is given where a step may take over what a run before made."""
        return ("reuse",) if any(isinstance(one, JobStep) and one.reusable for one in self.pipeline.steps) else ()

    def told(self) -> dict[str, str]:
        """What a script is told besides its own arguments: name to expression."""
        return {}

    def name(self, step: Step) -> str:
        """Where the name of what the step creates lies: it is made when the run starts, within the service's limit."""
        return x.name(step.name)

    def job_name(self, step: JobStep) -> str:
        """Where the name of the step's job lies; each attempt has one of its own, because a name is used once.

        https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
        """
        return x.text("{}-{}", self.name(step), x.ATTEMPT) if step.retry else self.name(step)

    def uri(self, source: Source) -> str:
        """Expression for the S3 URI of what a reference leads to."""
        if isinstance(source, FromBucket):
            return x.text(source.uri)
        if isinstance(source, FromParameter):
            return x.text(f"s3://{self.bindings.bucket}/{{}}", x.parameter(source.parameter))
        made = self.pipeline.made(source)
        if isinstance(made, Output):
            owner = x.CODE_SHA if made.per == "code" else self.run_of(source)
            return x.text(f"s3://{self.bindings.bucket}/{self.key(made)}", owner)
        step = self.pipeline.get_step(source.step)
        if isinstance(step, FetchStep):
            return self.folder_uri(step.outputs[FILES], ARCHIVE)
        return f"{x.result(source.step)}.{source.output}"

    def run_of(self, source: FromStep) -> str:
        """Where the run is named whose folders have what a reference leads to."""
        step = self.pipeline.get_step(source.step)
        return x.origin(step.name) if isinstance(step, JobStep) and step.reusable else x.RUN

    def folder_uri(self, output: Output, file: str = "") -> str:
        """Expression for the S3 URI of a folder of the run, or of a file in it."""
        owner = x.CODE_SHA if output.per == "code" else x.RUN
        return x.text(f"s3://{self.bindings.bucket}/{self.key(output)}{file}", owner)

    def folder(self, source: Source) -> Output:
        """The folder that a reference leads to; the pipeline made sure that it is one."""
        assert isinstance(source, FromStep)
        made = self.pipeline.made(source)
        assert isinstance(made, Output)
        return made

    def key(self, output: Output) -> str:
        """Key prefix of a folder, with ``{}`` for the run, or for the code."""
        return requests.folder_key(output, self).replace("{run}", "{}").replace("{code}", "{}")

    def environment(self) -> State:
        """What every job can read about where it runs."""
        return {"MLOPS_IAC_STACK": self.bindings.stack, "MLOPS_IAC_RUN.$": x.RUN}

    def tags(self) -> list[State]:
        """On everything a run creates, so that `destroy` finds it."""
        return requests.tags(self.bindings, {"Value.$": x.RUN})
