"""One Task's call, held against the API model that botocore carries. No client is made and no network is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from mlops_iac.core.service_models import get_model
from mlops_iac.core.suggestions import did_you_mean

OPTIMIZED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "sagemaker": {
        "createEndpoint": frozenset(),
        "createEndpointConfig": frozenset(),
        "createHyperParameterTuningJob": frozenset({"sync"}),
        "createLabelingJob": frozenset({"sync"}),
        "createModel": frozenset(),
        "createProcessingJob": frozenset({"sync"}),
        "createTrainingJob": frozenset({"sync"}),
        "createTransformJob": frozenset({"sync"}),
        "updateEndpoint": frozenset(),
    },
    "sns": {"publish": frozenset({"waitForTaskToken"})},
}
"""Optimized integrations that our compilers may use, and the patterns they offer beside request and response.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

_RESOURCE = re.compile(
    r"arn:aws:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-z0-9]+):(?P<action>[A-Za-z0-9]+)(?:\.(?P<mode>\w+))?"
)

Fault = tuple[str, str]
"""Where in the state, and what is wrong."""


class Call(NamedTuple):
    """A Task's resource, taken apart."""

    service: str
    action: str
    """As in the ARN: ``createTrainingJob``."""
    mode: str
    """``sync``, ``waitForTaskToken``, or nothing."""
    sdk: bool


def find_call(resource: str) -> Call | None:
    """The call a resource ARN stands for, or None when it is no service integration."""
    match = _RESOURCE.fullmatch(resource)
    if match is None:
        return None
    return Call(match["service"], match["action"], match["mode"] or "", bool(match["sdk"]))


def check_call(state: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything that Step Functions or the service would refuse in a Task."""
    resource = str(state.get("Resource"))
    call = find_call(resource)
    if call is None:
        yield "Resource", f"`{resource}` is no service integration."
        return
    faults = list(_integration(call))
    yield from faults
    shape = None if faults else _input_shape(call)
    if shape is not None:
        yield from _fields(state.get("Parameters", {}), shape, "Parameters")


def _integration(call: Call) -> Iterator[Fault]:
    """Does the integration exist, and does it offer this way of waiting?"""
    name = f"{call.service}:{call.action}"
    if call.sdk:
        if call.mode:
            yield "Resource", f"`aws-sdk:{name}` cannot be waited for with `.{call.mode}`."
        if _model(call.service) is None:
            yield "Resource", f"`{call.service}` is no service of AWS."
        elif _input_shape(call) is None:
            known = [_lower(operation) for operation in _model(call.service).operation_names]
            yield "Resource", f"`{call.service}` has no action `{call.action}`; {did_you_mean(call.action, known)}"
        return
    actions = OPTIMIZED.get(call.service, {})
    if call.action not in actions:
        yield "Resource", f"`{name}` is no optimized integration; {did_you_mean(call.action, actions)}"
    elif call.mode and call.mode not in actions[call.action]:
        yield "Resource", f"`{name}` cannot be waited for with `.{call.mode}`."


@cache
def _model(service: str) -> Any:
    """botocore's model of a service, or None."""
    from botocore.exceptions import UnknownServiceError

    try:
        return get_model(service)
    except UnknownServiceError:
        return None


@cache
def _input_shape(call: Call) -> Any:
    model = _model(call.service)
    names = {_lower(name): name for name in model.operation_names}
    return model.operation_model(names[call.action]).input_shape if call.action in names else None


def _lower(operation: str) -> str:
    return operation[:1].lower() + operation[1:]


def _check(value: Any, shape: Any, path: str) -> Iterator[Fault]:
    kind = shape.type_name
    if kind == "structure":
        yield from _fields(value, shape, path) if isinstance(value, Mapping) else _wrong(path, "an object", value)
    elif kind == "map":
        yield from _map(value, shape, path) if isinstance(value, Mapping) else _wrong(path, "an object", value)
    elif kind == "list":
        yield from _list(value, shape, path) if isinstance(value, list) else _wrong(path, "a list", value)
    elif kind == "string":
        yield from _string(value, shape, path) if isinstance(value, str) else _wrong(path, "text", value)
    elif kind == "boolean":
        yield from () if isinstance(value, bool) else _wrong(path, "true or false", value)
    elif kind in ("integer", "long", "float", "double"):
        whole = kind in ("integer", "long")
        good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        yield from _range(value, value, shape, path, "is") if good else _wrong(path, f"a{'n' * whole} {kind}", value)


def _fields(value: Mapping[str, Any], shape: Any, path: str) -> Iterator[Fault]:
    """A structure: known members, required ones, values. ``Name.$`` is a path and can only be checked for being one."""
    given = set()
    for key, inner in value.items():
        member, dynamic = key.removesuffix(".$"), key.endswith(".$")
        given.add(member)
        if member not in shape.members:
            yield f"{path}.{key}", f"There is no parameter `{member}`; {did_you_mean(member, shape.members)}"
        elif dynamic:
            yield from _expression(inner, f"{path}.{key}")
        else:
            yield from _check(inner, shape.members[member], f"{path}.{key}")
    for member in shape.required_members:
        if member not in given:
            yield path, f"Parameter `{member}` is missing."


def _map(value: Mapping[str, Any], shape: Any, path: str) -> Iterator[Fault]:
    for key, inner in value.items():
        yield from _string(key.removesuffix(".$"), shape.key, f"{path}.{key}")
        yield from (
            _expression(inner, f"{path}.{key}") if key.endswith(".$") else _check(inner, shape.value, f"{path}.{key}")
        )
    yield from _range(len(value), value, shape, path, "has")


def _list(value: list[Any], shape: Any, path: str) -> Iterator[Fault]:
    for index, inner in enumerate(value):
        yield from _check(inner, shape.member, f"{path}[{index}]")
    yield from _range(len(value), value, shape, path, "has")


def _string(value: str, shape: Any, path: str) -> Iterator[Fault]:
    if value.startswith(("$.", "$$.", "States.")):
        yield path, f"{value!r} is a path, but the parameter's name does not end in `.$`, so it would be sent as text."
        return
    if shape.enum and value not in shape.enum:
        yield path, f"{value!r} is none of the {len(shape.enum)} values allowed; {did_you_mean(value, shape.enum)}"
    yield from _range(len(value), value, shape, path, "has")
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern is not None and not pattern.fullmatch(value):
        yield path, f"{value!r} does not match {pattern.pattern}"


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of the API; None when there is none, or it is one of the few that Python cannot read (``\\p{L}``)."""
    try:
        return re.compile(text, re.S) if text else None
    except re.error:
        return None


def _range(size: float, value: Any, shape: Any, path: str, verb: str) -> Iterator[Fault]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        what = f"{value!r}" if verb == "is" else f"a length of {size}"
        allowed = f"{'any' if low is None else low} to {'any' if high is None else high}"
        yield path, f"It {verb} {what}; allowed is {allowed}."


def _expression(value: Any, path: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not value.startswith(("$", "States.")):
        yield path, f"{value!r} is no path, but the parameter's name ends in `.$`."
    elif value.startswith("States."):
        function = value.partition("(")[0]
        if function not in INTRINSICS:
            yield path, f"There is no intrinsic function `{function}`; {did_you_mean(function, INTRINSICS)}"


INTRINSICS = frozenset(
    {
        "States.Array",
        "States.ArrayContains",
        "States.ArrayGetItem",
        "States.ArrayLength",
        "States.ArrayPartition",
        "States.ArrayRange",
        "States.ArrayUnique",
        "States.Base64Decode",
        "States.Base64Encode",
        "States.Format",
        "States.Hash",
        "States.JsonMerge",
        "States.JsonToString",
        "States.MathAdd",
        "States.MathRandom",
        "States.StringSplit",
        "States.StringToJson",
        "States.UUID",
    }
)
"""https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html"""


def _wrong(path: str, wanted: str, value: Any) -> Iterator[Fault]:
    yield path, f"It must be {wanted}; it is {value!r}."
