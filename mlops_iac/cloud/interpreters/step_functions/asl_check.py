"""What Step Functions refuses when a state machine is created: transitions that lead nowhere, states nobody reaches.

The messages follow AWS's: ``MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next``.
Grammar (unknown state types, wrong fields) is checked by moto's parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from mlops_iac.core.strict_json import read_json

_EXECUTION_NAME: Final = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_ENDS: Final = ("Succeed", "Fail")

MAX_DEFINITION: Final = 1024 * 1024
"""Bytes. Source: quotas of Step Functions, "Maximum state machine definition size"."""


def is_execution_name(name: str) -> bool:
    """1 to 80 characters without white space, brackets, wildcards, and other special characters (StartExecution)."""
    return _EXECUTION_NAME.fullmatch(name) is not None


def find_problems(definition: str) -> list[str]:
    """What is wrong with a definition's structure, each in AWS's words; empty when nothing is."""
    if len(definition.encode()) > MAX_DEFINITION:
        return [f"MAXIMUM_DEFINITION_SIZE: The definition has more than {MAX_DEFINITION} bytes"]
    try:
        document = read_json(definition)
    except ValueError as error:
        return [f"INVALID_JSON_DESCRIPTION: {error}"]
    if not isinstance(document, dict):
        return ["SCHEMA_VALIDATION_FAILED: The definition is not an object at /"]
    return list(_check_machine(document, ""))


def _check_machine(machine: dict[str, Any], path: str) -> Iterator[str]:
    states, start = machine.get("States"), machine.get("StartAt")
    if not isinstance(states, dict) or not states:
        yield f"SCHEMA_VALIDATION_FAILED: These fields are required: [States] at {path or '/'}"
        return
    if start not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {start} at {path}/StartAt"
    reached = {start}
    for name, state in states.items():
        place = f"{path}/States/{name}"
        if not isinstance(state, dict):
            yield f"SCHEMA_VALIDATION_FAILED: A state must be an object at {place}"
            continue
        for field, target in _targets(state):
            reached.add(target)
            if target not in states:
                yield f"MISSING_TRANSITION_TARGET: Missing '{field.split('/')[-1]}' target: {target} at {place}/{field}"
        if not _goes_on(state):
            yield f"SCHEMA_VALIDATION_FAILED: The state has neither 'Next' nor 'End' at {place}"
        yield from _check_inner(state, place)
    for name in states:
        if name not in reached:
            yield f'UNREACHABLE_STATE: State "{name}" is not reachable at {path}/States/{name}'


def _targets(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every transition of a state: where it is written, and to which state it leads."""
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for kind in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(kind) or ()):
            if isinstance(rule, dict) and "Next" in rule:
                yield f"{kind}[{index}]/Next", rule["Next"]


def _goes_on(state: dict[str, Any]) -> bool:
    if state.get("Type") in _ENDS:
        return True
    if state.get("Type") == "Choice":
        return bool(state.get("Choices"))
    return "Next" in state or state.get("End") is True


def _check_inner(state: dict[str, Any], place: str) -> Iterator[str]:
    for index, branch in enumerate(state.get("Branches") or ()):
        if isinstance(branch, dict):
            yield from _check_machine(branch, f"{place}/Branches[{index}]")
    for field in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(field), dict):
            yield from _check_machine(state[field], f"{place}/{field}")
