"""What SageMaker refuses when a pipeline is created, and what this cloud refuses to start. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.interpreters.sagemaker_pipelines import caching, retries
from mlops_iac.core.strict_json import read_json

VERSION: Final = "2020-12-01"

RUN: Final = frozenset(
    {
        "Callback",
        "Condition",
        "EMRServerless",
        "Fail",
        "Lambda",
        "Model",
        "Processing",
        "RegisterModel",
        "Training",
        "Transform",
        "Tuning",
    }
)
"""Types of step that run here."""

KINDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "String": str,
    "Integer": int,
    "Float": (int, float),
    "Boolean": bool,
}
"""Type of a parameter to what its value may be."""


def parse(text: str) -> dict[str, Any]:
    """The definition. Raises ValueError with what is wrong, in one sentence."""
    try:
        document = read_json(text)
    except ValueError as error:
        raise ValueError(f"the definition is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("Version") != VERSION:
        raise ValueError(f"the definition's Version must be {VERSION}")
    if not isinstance(document.get("Steps"), list) or not document["Steps"]:
        raise ValueError("the definition has no Steps")
    names = Counter(step.get("Name") for step in all_steps(document["Steps"]))
    for name, count in names.items():
        if not name or count > 1:
            raise ValueError(f"step names must be unique; {name!r} is there {count} times")
    for step in all_steps(document["Steps"]):
        for other in needs(step):
            if other not in names:
                raise ValueError(f"step {step['Name']} needs step {other}, which does not exist")
        if fault := caching.find_fault(step):
            raise ValueError(f"step {step['Name']}: {fault}")
        for fault in retries.find_faults(step.get("RetryPolicies", ())):
            raise ValueError(f"the retry policies of step {step['Name']}: {fault}")
    return document


def find_unknown(document: Mapping[str, Any]) -> str:
    """The first step that does not run here, in words; empty when all do."""
    for step in all_steps(document["Steps"]):
        if step.get("Type") not in RUN:
            return f"steps of type {step.get('Type')} ({step['Name']})"
        if any(not isinstance(one, str) for one in step.get("DependsOn", ())):
            return f"a dependency on a step's failure ({step['Name']})"
    return ""


def all_steps(steps: Any) -> Iterator[Mapping[str, Any]]:
    """Every step, those inside conditions too."""
    for step in steps:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from all_steps(step.get("Arguments", {}).get(branch, ()) if step.get("Type") == "Condition" else ())


def needs(step: Mapping[str, Any]) -> set[str]:
    """The steps that must be done first: those it names, and those whose properties it reads."""
    named = {one if isinstance(one, str) else one.get("Step") for one in step.get("DependsOn", ())}
    inside = {key: value for key, value in step.get("Arguments", {}).items() if key not in ("IfSteps", "ElseSteps")}
    return {*named, *(found.split(".")[1] for found in references(inside) if found.startswith("Steps."))}


def references(value: Any) -> Iterator[str]:
    """Every ``Get`` in a value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("Get"), str) and len(value) == 1:
            yield value["Get"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def settle_parameters(document: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Every parameter's value. What a caller sends is text. Raises ValueError with what is wrong."""
    declared = {parameter["Name"]: parameter for parameter in document.get("Parameters", ())}
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise ValueError(f"Pipeline parameters [{', '.join(unknown)}] are not declared in the definition")
    values = {}
    for name, parameter in declared.items():
        if name in given:
            values[name] = _converted(name, parameter.get("Type", "String"), given[name])
        elif "DefaultValue" in parameter:
            values[name] = parameter["DefaultValue"]
        else:
            raise ValueError(f"Parameter [{name}] has no default value and was not provided")
        allowed = parameter.get("EnumValues")
        if allowed and values[name] not in allowed:
            raise ValueError(f"Parameter [{name}] must be one of {allowed}")
    return values


def _converted(name: str, kind: str, text: str) -> Any:
    if kind == "String":
        return text
    try:
        value = read_json(text)
    except ValueError:
        value = None
    wanted = KINDS.get(kind, str)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "Boolean"):
        raise ValueError(f"Parameter [{name}] must be of type {kind}")
    return value
