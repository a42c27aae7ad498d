"""What SageMaker is asked for, alike on every target. What comes from the run each target says in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import PipelineError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.compile import external, jobs, tracking
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import key_of_output
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps import TrainingStep
from mlops_iac.pipelines.steps.folders import FoldersStep
from mlops_iac.pipelines.steps.step import Output

RUN_TAG = "mlops-iac:run"


class Run(Protocol):
    """A target's context, as requests need it."""

    @property
    def mark(self) -> str:
        """What the key of a value that comes from the run ends in: ``.$`` on Step Functions, elsewhere nothing."""

    @property
    def pipeline(self) -> Pipeline: ...

    @property
    def bindings(self) -> Bindings: ...

    def uri(self, source: Source) -> Any: ...

    def folder_uri(self, output: Output, file: str = "") -> Any: ...

    def tags(self) -> list[dict[str, Any]]: ...


def zone_of(name: str, run: Run) -> str:
    """Key prefix of a zone, ending in a slash. PipelineError where the lake does not have it."""
    zones = run.bindings.zones
    if name not in zones:
        raise PipelineError(
            "Unknown zone.",
            f"Pipeline `{run.pipeline.name}` writes to zone `{name}`, which the lake does not have.",
            hint=did_you_mean(name, zones),
        )
    return zones[name]


def folder_key(output: Output, run: Run) -> str:
    """Key prefix of a folder, with ``{run}`` or ``{code}`` for what is not known yet."""
    return key_of_output(output, {output.zone: zone_of(output.zone, run)})


def tags(bindings: Bindings, value: Mapping[str, Any]) -> list[dict[str, Any]]:
    """On everything a run creates, so that `destroy` finds it; ``value`` says which run."""
    ours = [{"Key": STACK_TAG, "Value": bindings.stack}, {"Key": RUN_TAG, **value}]
    return [*ours, *({"Key": key, "Value": value} for key, value in sorted(bindings.tags.items()))]


def processing(
    step: FoldersStep, run: Run, application: Mapping[str, Any], inputs: tuple[Any, ...], environment: Mapping[str, Any]
) -> dict[str, Any]:
    """A processing job but for its name; ``inputs`` come before the step's own, ``environment`` wins over all."""
    bindings = run.bindings
    return {
        "RoleArn": bindings.job_role_arn,
        "AppSpecification": application,
        "ProcessingInputs": [
            *inputs,
            *(processing_input(name, run.uri(source), step, run) for name, source in step.inputs.items()),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                *(_output(name, step.path("output", name), output, run) for name, output in step.outputs.items()),
                *_logged(step, run),
            ],
            **jobs.output_key(bindings),
        },
        "ProcessingResources": {"ClusterConfig": jobs.cluster(step.job, bindings)},
        "NetworkConfig": {**jobs.isolation(step, bindings), **jobs.vpc(bindings)},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.job_seconds},
        "Environment": {**processing_variables(step, run), **environment},
        "Tags": run.tags(),
    }


def processing_input(name: str, uri: Any, step: FoldersStep, run: Run) -> dict[str, Any]:
    return {"InputName": name, "S3Input": {f"S3Uri{run.mark}": uri, **jobs.input_place(step, name)}}


def processing_variables(step: FoldersStep, run: Run) -> dict[str, str]:
    """A team's own win: it may have a tracking server of its own."""
    return {
        **tracking.of_processing(step, run.pipeline, run.bindings),
        **external.variables(step, run.bindings),
        **step.environment,
    }


def _output(name: str, path: str, output: Output, run: Run, mode: str = "") -> dict[str, Any]:
    """Left out, the mode is what the output says: one that is kept however the job ends is stored while it runs."""
    mode = mode or ("Continuous" if output.always else "EndOfJob")
    place = {f"S3Uri{run.mark}": run.folder_uri(output), "LocalPath": path, "S3UploadMode": mode}
    return {"OutputName": name, "S3Output": place}


def _logged(step: FoldersStep, run: Run) -> list[dict[str, Any]]:
    """Stored while the job runs, so that a script that fails has logged what it logged."""
    output = tracking.output(step, run.bindings)
    return [_output(tracking.OUTPUT, tracking.IN_PROCESSING, output, run, "Continuous")] if output else []


def training(step: TrainingStep, run: Run, code: Any, environment: Mapping[str, Any]) -> dict[str, Any]:
    """A training job but for its name, tags and hyperparameters; ``code`` is where the packed code lies."""
    made, uri = Output(zone=step.zone), f"S3Uri{run.mark}"
    sources = {**{name: run.uri(source) for name, source in step.channels.items()}, "code": code}
    checkpoints = {}
    if step.checkpoints:
        checkpoints = {uri: run.folder_uri(made, step.checkpoint_folder), "LocalPath": step.checkpoint_path}
    return {
        **jobs.training(step, run.bindings),
        "InputDataConfig": [jobs.channel(name, {uri: place}, step) for name, place in sources.items()],
        "OutputDataConfig": {f"S3OutputPath{run.mark}": run.folder_uri(made), **jobs.output_key(run.bindings)},
        **({"CheckpointConfig": checkpoints} if checkpoints else {}),
        "Environment": {**training_variables(step, run), **environment},
    }


def training_variables(step: TrainingStep, run: Run) -> dict[str, str]:
    """What a training's script is told besides where it runs."""
    return {
        **tracking.of_training(step, run.pipeline, run.bindings),
        **external.variables(step, run.bindings),
    }
