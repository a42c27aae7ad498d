"""What a plain scalar of a stack file means: YAML 1.2's core schema, minus what two readers would read differently.

Pulumi reads stack files with Go's yaml.v3, and PyYAML follows YAML 1.1. They differ about `0123`, `1_000` and their
like, which are refused with the advice to quote them. https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import math
import re

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_AMBIGUOUS = re.compile(
    r"""[-+]?( 0[0-9_]+            # octal in one reader, decimal in another
      | 0[xob][0-9a-fA-F_]+      # written so by nobody who means a number here
      | [0-9][0-9_]*_[0-9_.]*    # 1_000
      | [0-9]{19,}               # more than a 64-bit integer holds
      | \.(inf|Inf|INF)
    ) | \.(nan|NaN|NAN)""",
    re.VERBOSE,
)

Scalar = str | int | float | bool | None


class AmbiguousNumber(ValueError):
    """A plain scalar that is a number to some readers only."""


def parse_plain(text: str) -> Scalar:
    """The value of an unquoted scalar; AmbiguousNumber when readers would disagree. Dates and `yes` are text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _AMBIGUOUS.fullmatch(text):
        raise AmbiguousNumber(text)
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise AmbiguousNumber(text)
        return number
    return text
