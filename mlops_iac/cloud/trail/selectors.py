"""Which events a trail wants, by its event selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mlops_iac.cloud.wire import AwsError, Call

Fields = Mapping[str, str]
"""``eventCategory``, ``readOnly``, ``eventName``, ``eventSource``, ``resources.type``, ``resources.ARN``."""

_TESTS: Final[Mapping[str, Callable[[str, Sequence[str]], bool]]] = {
    "Equals": lambda value, given: value in given,
    "NotEquals": lambda value, given: value not in given,
    "StartsWith": lambda value, given: value.startswith(tuple(given)),
    "NotStartsWith": lambda value, given: not value.startswith(tuple(given)),
    "EndsWith": lambda value, given: value.endswith(tuple(given)),
    "NotEndsWith": lambda value, given: not value.endswith(tuple(given)),
}


FIELDS: Final = ("eventCategory", "readOnly", "eventName", "eventSource", "resources.type", "resources.ARN")
CATEGORIES: Final = ("Management", "Data")
TYPES: Final = ("AWS::S3::Object",)
"""What data events tell of here."""


def check_selectors(call: Call) -> None:
    """Refuse what would select nothing here and something on AWS."""
    for selector in call.params.get("AdvancedEventSelectors") or ():
        for field in selector["FieldSelectors"]:
            allowed = {"eventCategory": CATEGORIES, "resources.type": TYPES}.get(field["Field"])
            if field["Field"] not in FIELDS:
                raise _refused(f"select by {field['Field']}; known: {', '.join(FIELDS)}")
            if allowed and not set(field.get("Equals") or allowed) <= set(allowed):
                raise _refused(f"have events of {', '.join(field['Equals'])}; known: {', '.join(allowed)}")
    for selector in call.params.get("EventSelectors") or ():
        for one in selector.get("DataResources") or ():
            if one.get("Type") not in TYPES:
                raise _refused(f"have events of {one.get('Type')}; known: {', '.join(TYPES)}")


def _refused(what: str) -> AwsError:
    return AwsError("NotImplemented", f"The embedded cloud's trails do not {what}.", 501)


def wants(trail: Any, fields: Fields) -> bool:
    """Whether a trail of moto's writes an event down. One without selectors wants management events."""
    if trail.advanced_event_selectors:
        return any(_advanced(one, fields) for one in trail.advanced_event_selectors)
    if trail.event_selectors:
        return any(_basic(one, fields) for one in trail.event_selectors)
    return fields["eventCategory"] == "Management"


def _advanced(selector: Mapping[str, Any], fields: Fields) -> bool:
    return all(
        test(fields.get(field["Field"], ""), field[name])
        for field in selector["FieldSelectors"]
        for name, test in _TESTS.items()
        if field.get(name)
    )


def _basic(selector: Mapping[str, Any], fields: Fields) -> bool:
    kind = selector.get("ReadWriteType", "All")
    if kind != "All" and (kind == "ReadOnly") != (fields["readOnly"] == "true"):
        return False
    if fields["eventCategory"] == "Management":
        return bool(selector.get("IncludeManagementEvents", True))
    return any(
        one["Type"] == fields.get("resources.type") and fields.get("resources.ARN", "").startswith(tuple(one["Values"]))
        for one in selector.get("DataResources", ())
    )
