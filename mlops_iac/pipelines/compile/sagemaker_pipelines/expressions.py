"""Pipeline variables, written in one place.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-properties.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-propertyfile.html
"""

from __future__ import annotations

import re
from typing import Any, Final

RUN: Final = "run-id"
CODE_URI: Final = "code-uri"
CODE_SHA: Final = "code-sha"
"""Parameters of ours. A pipeline's own are words without hyphens, so that no two clash."""

Expression = dict[str, Any]

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def name(step: str) -> str:
    """The parameter that holds the name which the run gives to what a step makes."""
    return f"name--{step}"


def inputs(step: str) -> str:
    """The parameter that holds a key of the data which a step with a cache reads of the run."""
    return f"inputs--{step}"


def entry(parameter: str, key: str) -> str:
    """The parameter that holds one entry of a map: SageMaker's parameters are text, numbers and truth values."""
    return f"{parameter}--{key}"


def get(parameter: str) -> Expression:
    return {"Get": f"Parameters.{parameter}"}


def made(step: str, path: str) -> Expression:
    """A property of what a step made, as the API describes it."""
    return {"Get": f"Steps.{step}.{path}"}


def join(*parts: Any, on: str = "") -> Expression:
    return {"Std:Join": {"On": on, "Values": list(parts)}}


def text(template: str, *values: Expression) -> Expression:
    """Each ``{}`` of the template becomes a value."""
    words = template.split("{}")
    parts: list[Any] = [words[0]]
    for value, word in zip(values, words[1:], strict=True):
        parts += [value, word]
    return join(*(part for part in parts if part != ""))


def json_get(step: str, file: str, *keys: str) -> Expression:
    """A value in a property file of an earlier step; a key that is no plain word stands in brackets."""
    path = "".join(f".{key}" if _WORD.fullmatch(key) else f"['{key}']" for key in keys)
    return {"Std:JsonGet": {"PropertyFile": made(step, f"PropertyFiles.{file}"), "Path": path.removeprefix(".")}}
