"""A deployed state machine, read step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.pipelines.compile.reading import parse_document
from mlops_iac.pipelines.compile.step_functions.document import step_of
from mlops_iac.pipelines.compile.step_functions.structure import all_states

INSIDE = ("Branches", "ItemProcessor")
"""Where a state holds others."""


def parts_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The states of each step, by the step's name; ``inputs`` are the state machine's."""
    parts: dict[str, Any] = {}
    for name, state in all_states(parse_document(inputs.get("definition"))):
        if isinstance(state, Mapping):
            own = {field: value for field, value in state.items() if field not in INSIDE}
            parts.setdefault(step_of(name), {})[name] = own
    return parts
