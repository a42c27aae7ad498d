"""One Task's call, held against the API model that botocore carries. No client is made and no network is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from mlops_iac.core.service_models import get_model
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.compile.shapes import Checker, Fault

OPTIMIZED: Mapping[str, Mapping[str, frozenset[str]]] = {
    "athena": {"startQueryExecution": frozenset({"sync"})},
    "batch": {"submitJob": frozenset({"sync"})},
    "emr-serverless": {"startJobRun": frozenset({"sync"})},
    "lambda": {"invoke": frozenset()},
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
    "sqs": {"sendMessage": frozenset({"waitForTaskToken"})},
    "sns": {"publish": frozenset({"waitForTaskToken"})},
}
"""Optimized integrations that our compilers may use, and the patterns they offer beside request and response.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

SERVICES: Mapping[str, str] = {"redshiftdata": "redshift-data"}
"""A service's name in a Task's resource to botocore's, where they differ."""

_RESOURCE = re.compile(
    r"arn:aws[a-z-]*:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-z0-9-]+):(?P<action>[A-Za-z0-9]+)(?:\.(?P<mode>\w+))?"
)


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
        yield from Paths().fields(state.get("Parameters", {}), shape, "Parameters")


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
        return get_model(SERVICES.get(service, service))
    except UnknownServiceError:
        return None


@cache
def _input_shape(call: Call) -> Any:
    model = _model(call.service)
    names = {_lower(name): name for name in model.operation_names}
    return model.operation_model(names[call.action]).input_shape if call.action in names else None


def _lower(operation: str) -> str:
    return operation[:1].lower() + operation[1:]


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


OBJECTS = frozenset({"Parameters.MessageBody", "Parameters.Payload"})
"""Texts and bytes that may be given as an object:
https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html and
https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html"""


class Paths(Checker):
    """Parameters of a Task: ``Name.$`` holds a path or an intrinsic function, which is checked for being one."""

    def split(self, key: str) -> tuple[str, bool]:
        return key.removesuffix(".$"), key.endswith(".$")

    def fields(
        self, value: Mapping[str, Any], shape: Any, path: str, given: frozenset[str] = frozenset()
    ) -> Iterator[Fault]:
        """Step Functions has capital letters where some services' own names begin with small ones (``JobName``)."""
        own = {name[:1].upper() + name[1:]: name for name in shape.members}
        named = {}
        for key, inner in value.items():
            member = key.removesuffix(".$")
            if member in own:
                named[own[member] + key[len(member) :]] = inner
            else:
                yield f"{path}.{key}", f"There is no parameter `{member}`; {did_you_mean(member, own)}"
        yield from super().fields(named, shape, path, given)

    def expression(self, value: Any, path: str) -> Iterator[Fault]:
        if not isinstance(value, str) or not value.startswith(("$", "States.")):
            yield path, f"{value!r} is no path, but the parameter's name ends in `.$`."
        elif value.startswith("States."):
            function = value.partition("(")[0]
            if function not in INTRINSICS:
                yield path, f"There is no intrinsic function `{function}`; {did_you_mean(function, INTRINSICS)}"

    def check(self, value: Any, shape: Any, path: str) -> Iterator[Fault]:
        if path in OBJECTS and isinstance(value, Mapping):
            yield from self._json(value, path)
        else:
            yield from super().check(value, shape, path)

    def _json(self, value: Mapping[str, Any], path: str) -> Iterator[Fault]:
        """An object that Step Functions itself writes as text."""
        for key, inner in value.items():
            if key.endswith(".$"):
                yield from self.expression(inner, f"{path}.{key}")
            elif isinstance(inner, Mapping):
                yield from self._json(inner, f"{path}.{key}")

    def text(self, value: str, shape: Any, path: str) -> Iterator[Fault]:
        if value.startswith(("$.", "$$.", "States.")):
            said = "is a path, but the parameter's name does not end in `.$`, so it would be sent as text."
            yield path, f"{value!r} {said}"
        else:
            yield from super().text(value, shape, path)
