"""Would Step Functions take this definition, and would the services take its calls? Asked before anything is deployed.

The structure is checked against the Amazon States Language, every call against the API models that botocore carries:
names, types, required parameters, enums, patterns, ranges, and whether the integration exists and can be waited for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.pipelines.compile.step_functions import limits
from mlops_iac.pipelines.compile.step_functions.calls import check_call
from mlops_iac.pipelines.compile.step_functions.structure import all_states, check_structure

Document = Mapping[str, Any]


def check(document: Document) -> None:
    """Raise PipelineError with everything that is wrong."""
    problems = [*check_structure(document), *_calls(document), *_size(document)]
    if problems:
        raise PipelineError.of(problems)


def _calls(document: Document) -> Iterator[Problem]:
    for name, state in all_states(document):
        if isinstance(state, Mapping) and state.get("Type") == "Task":
            for path, detail in check_call(state):
                yield Problem(
                    path=f"{name}.{path}" if path else name, summary="A call would be refused.", detail=detail
                )


def _size(document: Document) -> Iterator[Problem]:
    size = len(json.dumps(document, separators=(",", ":")).encode())
    if size > limits.DEFINITION_BYTES:
        detail = f"The definition has {size:,} bytes; Step Functions takes {limits.DEFINITION_BYTES:,}."
        yield Problem(summary="The pipeline is too long.", detail=detail, hint="split the pipeline.")
