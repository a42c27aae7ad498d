"""Compilers: one pipeline definition to each orchestrator's native document."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mlops_iac.core import environment as env
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.order import Order, StartRequest
from mlops_iac.pipelines.pipeline import Pipeline

TARGETS: Mapping[str, str] = {
    "airflow": "mlops_iac.pipelines.compile.airflow",
    "sagemaker-pipelines": "mlops_iac.pipelines.compile.sagemaker_pipelines",
    "step-functions": "mlops_iac.pipelines.compile.step_functions",
}
"""Target to the module that is a `Target`. Sorted."""


class Target(Protocol):
    """What each target's module offers."""

    COMPILERS: Mapping[str, str]
    """Kinds of ours that it runs, to the address of their compiler, whose docstring's first line says how."""
    REFUSED: Mapping[str, str]
    """Kinds of ours that it cannot run, to the reason."""
    TELLS_WHO_STARTS: bool
    """Whether CloudTrail has an event of each run's start, by which a second person is told from the first."""
    compile: Callable[[Pipeline, Bindings], dict[str, Any]]
    grants_for: Callable[[Mapping[str, Any], Bindings], list[dict[str, Any]]]
    """What the role that runs a document must be allowed: IAM statements."""
    start_request: Callable[[str, env.Pipeline, Order], StartRequest]
    """How a run is started: given the stack, the pipeline in its contract, and the order."""
    step_of: Callable[[str], str]
    """The step that something in the document belongs to, by its name."""
    parts_of: Callable[[Mapping[str, Any]], dict[str, Any]]
    """What a deployed document says of each step: step to its native parts by name. Takes the inputs of the resource
    that holds the document; empty where that is not known yet. What belongs to no step stands under its own name."""


def get_target(name: str) -> Target:
    found: Any = importlib.import_module(TARGETS[name])
    target: Target = found
    return target
