"""A deployed pipeline, read step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.pipelines.compile.reading import parse_document
from mlops_iac.pipelines.compile.sagemaker_pipelines.document import step_of
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import all_steps

INSIDE = ("IfSteps", "ElseSteps")
"""Where a condition holds other steps."""


def parts_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The native steps of each step, by the step's name; ``inputs`` are those of the resource that holds them."""
    parts: dict[str, Any] = {}
    steps = parse_document(inputs.get("pipelineDefinition")).get("Steps")
    for native in all_steps(steps if isinstance(steps, list) else ()):
        arguments = {field: value for field, value in native.get("Arguments", {}).items() if field not in INSIDE}
        parts.setdefault(step_of(native["Name"]), {})[native["Name"]] = {**native, "Arguments": arguments}
    return parts
