"""Values that are known only when a run is under way, as data: an object with one key that starts with a dollar sign.

The helper beside the DAG files (`mlops_iac_airflow.fill`) puts values in their places. Airflow's own templates are not
used, as Jinja would read whatever a team writes into an argument.
"""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.pipelines.names import JOB_NAME_LENGTH

Expression = dict[str, Any]

MARK: Final = "$"

VALUE: Final = "$value"
NAME: Final = "$name"
MADE: Final = "$made"
TEXT: Final = "$text"
MERGE: Final = "$merge"
JSON: Final = "$json"
PART: Final = "$part"
ORIGIN: Final = "$origin"
KINDS: Final = frozenset({VALUE, NAME, MADE, TEXT, MERGE, JSON, PART, ORIGIN})


def value(*path: str) -> Expression:
    """A value of what the run was started with."""
    return {VALUE: list(path)}


RUN: Final = value("run")
CODE_URI: Final = value("code", "uri")
CODE_SHA: Final = value("code", "sha")


def parameter(name: str) -> Expression:
    """A parameter of the run."""
    return value("parameters", name)


def name(step: str, limit: int = JOB_NAME_LENGTH) -> Expression:
    """The name of what a step creates: it is made when the run starts, and each attempt after the first adds its
    number, within so many characters."""
    return {NAME: [step, limit]}


def made(task: str, *path: str | int) -> Expression:
    """A part of what an earlier task left in XCom."""
    return {MADE: [task, *path]}


def origin(step: str) -> Expression:
    """The run whose folders have what a step makes: this one, or one before that did the same."""
    return {ORIGIN: [step]}


def text(*parts: Any) -> Expression:
    """Parts as one text; a number is written as JSON writes it."""
    return {TEXT: list(parts)}


def to_json(given: Any) -> Expression:
    """Data as JSON."""
    return {JSON: given}


def json_part(task: str, *path: str | int) -> Expression:
    """A part of what an earlier task left in XCom as the text of JSON."""
    return {PART: [task, *path]}


def merge(*maps: Any) -> Expression:
    """Maps as one; the later wins."""
    return {MERGE: list(maps)}


def is_expression(given: Any) -> bool:
    return isinstance(given, dict) and len(given) == 1 and next(iter(given)) in KINDS
