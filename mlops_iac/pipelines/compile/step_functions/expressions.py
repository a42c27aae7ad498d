"""JSONPath and intrinsic functions, written in one place.

https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

RUN = "$.run"
CODE_URI = "$.code.uri"
CODE_SHA = "$.code.sha"
FAILURE = "$.failure"
ATTEMPT = "$$.State.RetryCount"
"""How often the state was tried before: 0, 1, …"""


def parameter(name: str) -> str:
    """Where a parameter of the run lies."""
    return f"$.parameters.{name}"


def origin(step: str) -> str:
    """Where the run is named whose folders have what a step with a cache makes."""
    return f"$.reuse.runs.{key(step)}"


def taken(step: str) -> str:
    """Where lies what a step left in a run before, if that is taken over."""
    return f"$.reuse.left.{key(step)}"


def name(step: str) -> str:
    """Where the name lies that the run gives to what a step makes."""
    return f"$.names.{key(step)}"


def result(step: str) -> str:
    """Where a step leaves what later steps need. Hyphens would need brackets in a path, so they become underscores."""
    return f"$.steps.{key(step)}"


def constants(step: str) -> str:
    """Where fixed values of a step lie that an intrinsic function must read."""
    return f"$.constants.{key(step)}"


def key(step: str) -> str:
    return step.replace("-", "_")


def inside(path: str, *keys: str) -> str:
    """The value below a path, by its keys; one that is no plain word stands in brackets."""
    return path + "".join(f".{key}" if _WORD.fullmatch(key) else f"['{key}']" for key in keys)


def text(template: str, *paths: str) -> str:
    """``States.Format``: each ``{}`` of the template becomes the value at a path."""
    literal = template.replace("\\", "\\\\").replace("'", "\\'")
    arguments = ", ".join((f"'{literal}'", *paths))
    return f"States.Format({arguments})"


def merge(first: str, second: str) -> str:
    """``States.JsonMerge``: two maps, the second wins. AWS merges the top level only."""
    return f"States.JsonMerge({first}, {second}, false)"


def array(*values: str) -> str:
    """``States.Array`` of expressions and quoted literals."""
    return f"States.Array({', '.join(values)})"


def quoted(value: str) -> str:
    """A literal inside an intrinsic function."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("{", "\\{").replace("}", "\\}")
    return f"'{escaped}'"


def to_json(path: str) -> str:
    """``States.JsonToString``: a value as text."""
    return f"States.JsonToString({path})"
