"""Who compiles a step on a target: the target's own table, or the kind itself where another package brings it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.steps import Step


def compiler_of(step: Step, target: str, title: str, table: Mapping[type[Step], Any]) -> Any:
    """The function that compiles a step. Raises PipelineError for a kind that the target does not take.

    ``title`` is the target's name for people, ``table`` its own compilers.
    """
    if type(step) in table:
        return table[type(step)]
    address = step.compilers.get(target)
    if address is None:
        raise PipelineError(
            "This target cannot run this kind of step.",
            f"Step `{step.name}` is of kind `{step.kind}`; {title} takes: "
            f"{', '.join(sorted(kind.kind for kind in table))}.",
        )
    module, _, function = address.partition(":")
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise PipelineError(
            "A kind of step cannot be compiled.",
            f"Kind `{step.kind}` names `{address}` for {title}: {type(error).__name__}: {error}.",
            hint="mend or upgrade the package that brings this kind of step.",
        ) from error
