"""Would SageMaker take this definition, and would the services take its requests? Asked before anything is deployed.

Each step's arguments are held against the request that SageMaker makes of them, each reference against what is there:
parameters, steps, property files, and the members that the API describes what a step made with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.core.service_models import get_model
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.compile.sagemaker_pipelines import limits
from mlops_iac.pipelines.compile.shapes import Checker, Fault

SUMMARY: Final = "The pipeline's definition is wrong."
VARIABLES: Final = ("Get", "Std:Join", "Std:JsonGet")


class Request(NamedTuple):
    """What SageMaker does for a type of step."""

    operation: str
    described: tuple[str, ...]
    """What it has the properties of."""
    name: str = ""
    """The member that SageMaker completes itself."""


REQUESTS: Final[Mapping[str, Request]] = {
    "Model": Request("CreateModel", ("DescribeModel",), "ModelName"),
    "Processing": Request("CreateProcessingJob", ("DescribeProcessingJob",), "ProcessingJobName"),
    "RegisterModel": Request("CreateModelPackage", ("DescribeModelPackage",)),
    "Training": Request("CreateTrainingJob", ("DescribeTrainingJob",), "TrainingJobName"),
    "Transform": Request("CreateTransformJob", ("DescribeTransformJob",), "TransformJobName"),
    "Tuning": Request(
        "CreateHyperParameterTuningJob",
        ("DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"),
        "HyperParameterTuningJobName",
    ),
}
SPARK: Final = "EMRServerless"
GIVEN: Final = frozenset({"clientToken"})
"""What SageMaker adds to StartJobRun."""
OTHERS: Final = frozenset({"Callback", "Condition", "Fail", "Lambda"})
"""Types of step that are no single request of SageMaker's API."""

Definition = Mapping[str, Any]


def check(document: Definition) -> None:
    """Raise PipelineError with everything that is wrong."""
    problems = [*_arguments(document), *_references(document), *_limits(document)]
    if problems:
        raise PipelineError.of(problems)


def all_steps(steps: Any) -> Iterator[Mapping[str, Any]]:
    """Every step, those inside conditions too."""
    for step in steps:
        yield step
        if step["Type"] == "Condition":
            yield from all_steps(step["Arguments"].get("IfSteps", ()))
            yield from all_steps(step["Arguments"].get("ElseSteps", ()))


class Variables(Checker):
    """Pipeline variables stand where a request has values; what they become is known when a run starts."""

    def is_expression(self, value: Any) -> bool:
        return is_variable(value)

    def expression(self, value: Any, path: str) -> Iterator[Fault]:
        return iter(())


def is_variable(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in VARIABLES


def _arguments(document: Definition) -> Iterator[Problem]:
    for step in all_steps(document["Steps"]):
        if step["Type"] == SPARK:
            shape = get_model("emr-serverless").operation_model("StartJobRun").input_shape
            faults = Variables().fields(step["Arguments"]["JobConfig"], shape, "Arguments.JobConfig", GIVEN)
            yield from _refused(step, faults)
            continue
        if step["Type"] not in REQUESTS:
            if step["Type"] not in OTHERS:
                detail = f"`{step['Type']}` is no type of step that is known here."
                yield Problem(path=step["Name"], summary=SUMMARY, detail=detail)
            continue
        request = REQUESTS[step["Type"]]
        shape = get_model("sagemaker").operation_model(request.operation).input_shape
        filled = frozenset({request.name} if request.name else ())
        yield from _refused(step, Variables().fields(step["Arguments"], shape, "Arguments", filled))


def _refused(step: Mapping[str, Any], faults: Iterable[Fault]) -> Iterator[Problem]:
    for path, detail in faults:
        yield Problem(path=f"{step['Name']}.{path}", summary="A call would be refused.", detail=detail)


def _references(document: Definition) -> Iterator[Problem]:
    steps = {step["Name"]: step for step in all_steps(document["Steps"])}
    parameters = {parameter["Name"] for parameter in document["Parameters"]}
    for step in steps.values():
        for reference in _found({key: value for key, value in step["Arguments"].items() if not key.endswith("Steps")}):
            fault = _fault(reference, steps, parameters)
            if fault:
                yield Problem(path=step["Name"], summary=SUMMARY, detail=f"`{reference}`: {fault}")
        for other in step.get("DependsOn", ()):
            if other not in steps:
                hint = did_you_mean(other, steps)
                yield Problem(path=step["Name"], summary=SUMMARY, detail=f"There is no step `{other}`.", hint=hint)


def _found(value: Any) -> Iterator[str]:
    """Every ``Get`` in a value."""
    if isinstance(value, Mapping):
        if is_variable(value) and "Get" in value:
            yield value["Get"]
        for inner in value.values():
            yield from _found(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner)


def _fault(reference: str, steps: Mapping[str, Mapping[str, Any]], parameters: set[str]) -> str:
    """Why a reference leads nowhere; empty when it leads somewhere."""
    head, _, rest = reference.partition(".")
    if head == "Parameters":
        return "" if rest in parameters else f"there is no such parameter; {did_you_mean(rest, parameters)}"
    if head != "Steps":
        return "a reference starts with `Parameters.` or `Steps.`"
    name, _, path = rest.partition(".")
    if name not in steps:
        return f"there is no such step; {did_you_mean(name, steps)}"
    if path.startswith("PropertyFiles."):
        files = {file["PropertyFileName"] for file in steps[name].get("PropertyFiles", ())}
        return "" if path.partition(".")[2] in files else "the step has no such property file"
    if path.startswith("OutputParameters["):
        made = {f"OutputParameters['{one['OutputName']}']" for one in steps[name].get("OutputParameters", ())}
        return "" if path in made else "the step has no such output"
    request = REQUESTS.get(steps[name]["Type"])
    return _path_fault(path, request.described) if request else f"a {steps[name]['Type']} step has no properties"


def _path_fault(path: str, operations: tuple[str, ...]) -> str:
    faults = [_missing(path, operation) for operation in operations]
    return "" if "" in faults else faults[0]


def _missing(path: str, operation: str) -> str:
    shape = get_model("sagemaker").operation_model(operation).output_shape
    for part in re.findall(r"[A-Za-z0-9_]+|\['[^']+'\]|\[\d+\]", path):
        if part.startswith("["):
            shape = getattr(shape, "member", None) or getattr(shape, "value", None)
        else:
            shape = getattr(shape, "members", {}).get(part)
        if shape is None:
            return f"{operation} answers no `{part}`"
    return ""


def _limits(document: Definition) -> Iterator[Problem]:
    size = len(json.dumps(document, separators=(",", ":")).encode())
    if size > limits.DEFINITION_BYTES:
        detail = f"The definition has {size:,} bytes; SageMaker takes {limits.DEFINITION_BYTES:,}."
        yield Problem(summary="The pipeline is too long.", detail=detail, hint="split the pipeline.")
    if len(document["Parameters"]) > limits.PARAMETERS:
        detail = f"It has {len(document['Parameters'])} parameters; SageMaker takes {limits.PARAMETERS}."
        yield Problem(summary="The pipeline is too long.", detail=detail, hint="name fewer hyperparameters.")
    for step in all_steps(document["Steps"]):
        if len(step["Name"]) > limits.STEP_NAME_LENGTH:
            detail = f"The name has {len(step['Name'])} characters; SageMaker takes {limits.STEP_NAME_LENGTH}."
            yield Problem(path=step["Name"], summary=SUMMARY, detail=detail)
