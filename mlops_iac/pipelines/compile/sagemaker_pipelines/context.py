"""What each step's compiler is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import requests
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.tuning import MODEL
from mlops_iac.pipelines.conditions import EVALUATION
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromBucket, FromParameter, FromStep, Source
from mlops_iac.pipelines.steps import ChoiceStep, GateStep, JobStep, TuneStep
from mlops_iac.pipelines.steps.fetch import ARCHIVE, FILES, FetchStep
from mlops_iac.pipelines.steps.folders import FoldersStep
from mlops_iac.pipelines.steps.shipped import ShippedStep
from mlops_iac.pipelines.steps.step import Output, Step

BEST = "TrainingJobSummaries[0]"
"""A Tuning step has the properties of ListTrainingJobsForHyperParameterTuningJob too, the best training first."""

Native = dict[str, Any]
"""One step of a definition."""


@dataclass(frozen=True)
class Context:
    mark: ClassVar[str] = ""
    pipeline: Pipeline
    bindings: Bindings

    @property
    def job_name(self) -> str:
        """What the names of jobs start with; SageMaker adds the execution's id and a token of its own.

        https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html (custom job prefixes)
        """
        return self.bindings.stack

    def deployer(self, step: Step) -> str:
        """The environment's function, for what no type of step does. Raises PipelineError when there is none."""
        if self.bindings.deployer_arn is None:
            raise PipelineError(
                "There is nothing that deploys.",
                f"Step `{step.name}` of pipeline `{self.pipeline.name}` needs a deployer; none is bound.",
                hint="bind the orchestrator's deployer, or leave the step out.",
            )
        return self.bindings.deployer_arn

    def uri(self, source: Source) -> Any:
        """The S3 URI of what a reference leads to."""
        if isinstance(source, FromBucket):
            return source.uri
        if isinstance(source, FromParameter):
            return x.text(f"s3://{self.bindings.bucket}/{{}}", x.get(source.parameter))
        step, made = self.pipeline.get_step(source.step), self.pipeline.made(source)
        if isinstance(made, Output):
            return self.made_uri(source, made)
        if isinstance(step, TuneStep):
            return self._best_model(step)
        if isinstance(step, FetchStep):
            return self.folder_uri(step.outputs[FILES], ARCHIVE)
        assert made == "model", "a package has an ARN, and nothing else that a job reads is no folder"
        return x.made(source.step, "ModelArtifacts.S3ModelArtifacts")

    def _best_model(self, step: TuneStep) -> Any:
        """The model of the best training, in the form of the SDK's ``get_top_model_s3_uri``."""
        if step.reusable:  # another run's, where that is taken over
            made = x.made(step.name, "TrainingJobDefinition.OutputDataConfig.S3OutputPath")
            return x.text(f"{{}}{{}}/{MODEL}", made, x.made(step.name, f"{BEST}.TrainingJobName"))
        models = f"s3://{self.bindings.bucket}/{requests.zone_of(step.zone, self).rstrip('/')}"
        return x.join(models, x.get(x.RUN), x.made(step.name, f"{BEST}.TrainingJobName"), MODEL, on="/")

    def made_uri(self, source: FromStep, made: Output, file: str = "") -> Any:
        """The folder that a step made, or a file in it; one that may be taken over from a run before says itself where
        that is."""
        step = self.pipeline.get_step(source.step)
        if isinstance(step, FoldersStep | ShippedStep) and step.reusable:
            folder = x.made(step.name, f"ProcessingOutputConfig.Outputs['{source.output}'].S3Output.S3Uri")
            return x.join(folder, file) if file else folder
        return self.folder_uri(made, file)

    def evaluation_uri(self, source: FromStep) -> Any:
        """Of the file in an evaluation's folder."""
        return self.made_uri(source, self.folder(source), EVALUATION)

    def folder_uri(self, output: Output, file: str = "") -> Any:
        key = requests.folder_key(output, self).replace("{run}", "{}").replace("{code}", "{}")
        owner = x.CODE_SHA if output.per == "code" else x.RUN
        return x.text(f"s3://{self.bindings.bucket}/{key}{file}", x.get(owner))

    def folder(self, source: Source) -> Output:
        """The folder that a reference leads to; the pipeline made sure that it is one."""
        assert isinstance(source, FromStep)
        made = self.pipeline.made(source)
        assert isinstance(made, Output)
        return made

    def evaluations(self, step: str) -> list[str]:
        """The outputs of a step that gates and choices read."""
        asking = [step for step in self.pipeline.ordered if isinstance(step, ChoiceStep | GateStep)]
        read = {one.evaluation for step in asking for one in step.comparisons()}
        return sorted(evaluation.output for evaluation in read if evaluation.step == step)

    def environment(self, step: JobStep) -> Native:
        """What every job can read about where it runs. One that may be taken over knows of no run; it has a key of the
        data that the run's parameters name, because SageMaker compares where data lies and not what it is."""
        stack = {"MLOPS_IAC_STACK": self.bindings.stack}
        if step.reusable:
            return {**stack, "MLOPS_IAC_INPUTS": x.get(x.inputs(step.name))}
        return {**stack, "MLOPS_IAC_RUN": x.get(x.RUN)}

    def cache(self, step: JobStep) -> Native:
        """https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html"""
        return {"CacheConfig": {"Enabled": True, "ExpireAfter": f"P{step.reusable.days}D"}} if step.reusable else {}

    def tags(self) -> list[Native]:
        """On everything a run creates, so that `destroy` finds it."""
        return requests.tags(self.bindings, {"Value": x.get(x.RUN)})
