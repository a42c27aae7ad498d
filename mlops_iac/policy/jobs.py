"""What pipelines will run: SageMaker's requests inside state machines and pipelines, and containers of Batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.policy.resource import Resource

STATE_MACHINE: Final = "aws:sfn/stateMachine:StateMachine"
PIPELINE: Final = "aws:sagemaker/pipeline:Pipeline"
JOB_DEFINITION: Final = "aws:batch/jobDefinition:JobDefinition"
MODEL: Final = "aws:sagemaker/model:Model"

HOLDERS: Final = (PIPELINE, STATE_MACHINE)
"""Resources whose documents hold requests."""

_DOCUMENT = {STATE_MACHINE: "definition", PIPELINE: "pipelineDefinition"}
_BY_CALL = {"createtrainingjob": "training", "createprocessingjob": "processing", "createmodel": "model"}
_BY_TYPE = {"Training": "training", "Processing": "processing", "Model": "model"}
_DEEPEST = 40
"""Levels of states within states; a document that is deeper is no work of ours."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One request to SageMaker, in its API's words."""

    name: str
    """Of the state or the step."""
    kind: str
    """``training``, ``processing`` or ``model``."""
    request: Mapping[str, Any]
    path: str
    """The input of the resource that holds it."""

    def get(self, *path: str) -> Any:
        """A value inside the request, None when it is not there; Step Functions' ``Key.$`` is a value that is chosen by
        the run."""
        value: Any = self.request
        for part in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(part, value.get(f"{part}.$"))
        return value

    @property
    def cluster(self) -> Mapping[str, Any]:
        """The machines it asks for."""
        found = self.get("ResourceConfig") or self.get("ProcessingResources", "ClusterConfig")
        return found if isinstance(found, Mapping) else {}

    @property
    def network(self) -> Mapping[str, Any]:
        """Where its settings of the network are: a processing job has them together."""
        found = self.get("NetworkConfig") if self.kind == "processing" else self.request
        return found if isinstance(found, Mapping) else {}


def jobs_of(resource: Resource) -> list[Job]:
    """Every request in a resource's document; none when it is not known yet."""
    path = _DOCUMENT.get(resource.type)
    document = resource.document(path) if path else None
    return list(_jobs(document, path, 0)) if path and document is not None else []


def _jobs(value: Any, path: str, depth: int, name: str = "") -> Iterator[Job]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _jobs(item, path, depth + 1)
    elif isinstance(value, Mapping):
        name = name if not isinstance(value.get("Name"), str) else value["Name"]
        kind, request = _request(value)
        if kind and isinstance(request, Mapping):
            yield Job(name=name, kind=kind, request=request, path=path)
        for key, item in value.items():
            if isinstance(item, Mapping | list) and item is not request:
                yield from _jobs(item, path, depth + 1, str(key))


def _request(value: Mapping[str, Any]) -> tuple[str, Any]:
    """The kind of request that a state or a step makes, and the request."""
    call = value.get("Resource")
    if isinstance(call, str) and ":sagemaker:" in call:
        verb = call.rpartition(":sagemaker:")[2].partition(".")[0].lower()
        return _BY_CALL.get(verb, ""), value.get("Parameters") or value.get("Arguments")
    kind = value.get("Type")
    return (_BY_TYPE.get(kind, "") if isinstance(kind, str) else ""), value.get("Arguments")


def machine(request: Mapping[str, Any], call: str = "createTrainingJob.sync") -> dict[str, Any]:
    """The inputs of a state machine that makes one request, for examples."""
    state = {"Type": "Task", "Resource": f"arn:aws-cn:states:::sagemaker:{call}", "Parameters": request, "End": True}
    return {"definition": {"StartAt": "train", "States": {"train": state}}}


def images_of(resource: Resource) -> Iterator[tuple[str, str]]:
    """Every image that a resource names, with the input that holds it."""
    if resource.type == JOB_DEFINITION:
        found = resource.document("containerProperties")
        yield from _image(found.get("image") if isinstance(found, Mapping) else None, "containerProperties")
    elif resource.type == MODEL:
        for path in ("primaryContainer", "containers"):
            for container in resource.rows(path):
                yield from _image(container.get("image"), path)
    for job in jobs_of(resource):
        yield from _image(job.get("AlgorithmSpecification", "TrainingImage"), job.path)
        yield from _image(job.get("AppSpecification", "ImageUri"), job.path)
        yield from _image(job.get("PrimaryContainer", "Image"), job.path)


def _image(image: Any, path: str) -> Iterator[tuple[str, str]]:
    """One that is written out: what only the run knows begins with ``$`` or is no text."""
    if isinstance(image, str) and image and not image.startswith(("$", "{%")):
        yield image, path
