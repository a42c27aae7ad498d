"""Condition blocks: all operators of IAM's policy language, over the keys of one request.

Source: "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys" in the IAM
user guide (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mlops_iac.cloud.iam.matching import Lookup, MissingVariable, arn_matches, expand, matches

Keys = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case to their values in a request; a key that the request has not is not there."""

Compare = Callable[[str, str, Lookup | None], bool]
"""Does one value of the request (first) match one value of the policy?"""


class UnknownOperator(ValueError):
    """A word that is no condition operator; AWS refuses such a document when it is put."""


@dataclass(frozen=True)
class Condition:
    """One line of a condition block: an operator, a key, and the policy's values, of which one must match."""

    operator: str
    key: str
    """In lower case: condition keys have no case."""
    values: tuple[str, ...]
    quantifier: str = ""
    """``ForAllValues``, ``ForAnyValue``, or empty."""
    if_exists: bool = False

    def holds(self, keys: Keys, variables: bool = True) -> bool:
        """Whether a request with these keys meets the condition."""
        given = keys.get(self.key)
        if self.operator == "Null":
            absent = not given
            return any((value.lower() == "true") == absent for value in self.values)
        if not given:
            return self._without_the_key(given is not None)
        negated = self.operator in _NEGATED
        compare = _COMPARE[_NEGATED.get(self.operator, self.operator)]
        lookup = lookup_in(keys) if variables else None
        found = [[_compare(compare, each, value, lookup) for value in self.values] for each in given]
        if negated:  # what cannot be compared is not different either
            hits = [not any(each) and None not in each for each in found]
        else:
            hits = [any(each) for each in found]
        if self.quantifier == "ForAllValues" or (negated and self.quantifier != "ForAnyValue"):
            return all(hits)
        return any(hits)

    def _without_the_key(self, is_empty: bool) -> bool:
        if self.quantifier == "ForAllValues":
            return True
        if self.quantifier == "ForAnyValue":
            return self.if_exists and not is_empty
        return self.if_exists or self.operator in _NEGATED


def parse_conditions(block: Mapping[str, Any]) -> tuple[Condition, ...]:
    """A condition block as lines; raises `UnknownOperator`."""
    found = []
    for word, lines in block.items():
        quantifier, _, rest = word.rpartition(":")
        operator = rest.removesuffix("IfExists")
        if operator not in _COMPARE and operator not in _NEGATED and operator != "Null":
            raise UnknownOperator(word)
        for key, values in lines.items():
            listed = values if isinstance(values, list) else [values]
            found.append(
                Condition(
                    operator=operator,
                    key=key.lower(),
                    values=tuple(_text(value) for value in listed),
                    quantifier=quantifier,
                    if_exists=rest.endswith("IfExists"),
                )
            )
    return tuple(found)


def lookup_in(keys: Keys) -> Lookup:
    """Policy variables take keys with exactly one value."""

    def lookup(name: str) -> str | None:
        values = keys.get(name)
        return values[0] if values and len(values) == 1 else None

    return lookup


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _compare(compare: Compare, given: str, wanted: str, lookup: Lookup | None) -> bool | None:
    """One comparison; None where a value is no number, date, address or ARN though one is needed, and where the
    request does not have what a variable stands for."""
    try:
        return compare(given, wanted, lookup)
    except (ValueError, MissingVariable, binascii.Error):
        return None


def _plain(wanted: str, lookup: Lookup | None) -> str:
    return expand(wanted, lookup) if lookup and "${" in wanted else wanted


def _number(compare: Callable[[float, float], bool]) -> Compare:
    return lambda given, wanted, _: compare(float(given), float(wanted))


def _date(compare: Callable[[float, float], bool]) -> Compare:
    return lambda given, wanted, _: compare(_seconds(given), _seconds(wanted))


def _seconds(text: str) -> float:
    """A date of ISO 8601 or seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_in_network(given: str, wanted: str, _: Lookup | None) -> bool:
    return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)


def _is_like_arn(given: str, wanted: str, lookup: Lookup | None) -> bool:
    if given.count(":") < 5:
        raise ValueError(given)
    return arn_matches(wanted, given, lookup)


def _is_like(given: str, wanted: str, lookup: Lookup | None) -> bool:
    return matches(wanted, given, lookup)


# Variables stand for text: operators on numbers, dates, addresses, booleans and bytes take none.
_COMPARE: Final[dict[str, Compare]] = {
    "ArnEquals": _is_like_arn,  # ArnEquals takes wildcards too
    "ArnLike": _is_like_arn,
    "BinaryEquals": lambda given, wanted, lookup: base64.b64decode(given) == base64.b64decode(wanted),
    "Bool": lambda given, wanted, _: given.lower() == wanted.lower(),
    "DateEquals": _date(lambda a, b: a == b),
    "DateGreaterThan": _date(lambda a, b: a > b),
    "DateGreaterThanEquals": _date(lambda a, b: a >= b),
    "DateLessThan": _date(lambda a, b: a < b),
    "DateLessThanEquals": _date(lambda a, b: a <= b),
    "IpAddress": _is_in_network,
    "NumericEquals": _number(lambda a, b: a == b),
    "NumericGreaterThan": _number(lambda a, b: a > b),
    "NumericGreaterThanEquals": _number(lambda a, b: a >= b),
    "NumericLessThan": _number(lambda a, b: a < b),
    "NumericLessThanEquals": _number(lambda a, b: a <= b),
    "StringEquals": lambda given, wanted, lookup: given == _plain(wanted, lookup),
    "StringEqualsIgnoreCase": lambda given, wanted, lookup: given.lower() == _plain(wanted, lookup).lower(),
    "StringLike": _is_like,
}
_NEGATED: Final = {
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
}
"""Negated operators are true for a request without the key."""

OPERATORS: Final = frozenset({*_COMPARE, *_NEGATED, "Null"})
"""Every operator of the policy language, without quantifiers and ``IfExists``."""
