"""From a definition's variables to the values of one execution."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.core.strict_json import read_json

_PART: Final = re.compile(r"([A-Za-z0-9_-]+)|\['([^']+)'\]|\[(\d+)\]")
_NAMES: Final = ("OutputName", "InputName", "ChannelName", "Name")
"""By one of these the elements of a list are called: ``Outputs['train']``."""


class Unresolved(Exception):
    """A variable leads nowhere, as on AWS when a step's result is not what its reader expects."""


@dataclass
class Values:
    """What the variables of one execution stand for; steps add what they made."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    """``PipelineExecutionId``, ``PipelineName`` and their like."""
    read_file: Callable[[str], bytes]
    """The content of an S3 URI. Raises Unresolved."""
    steps: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Step to what the API describes it made with."""
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    """Step and property file to its S3 URI."""

    def settle(self, value: Any) -> Any:
        """A value with every variable in it replaced."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                (kind, inner), *_ = value.items()
                if kind == "Get" and isinstance(inner, str):
                    return self._get(inner)
                if kind == "Std:Join":
                    return str(inner["On"]).join(text(self.settle(part)) for part in inner["Values"])
                if kind == "Std:JsonGet":
                    return self._json_get(inner)
            return {key: self.settle(inner) for key, inner in value.items()}
        return [self.settle(inner) for inner in value] if isinstance(value, list) else value

    def _get(self, reference: str) -> Any:
        head, _, rest = reference.partition(".")
        if head == "Parameters" and rest in self.parameters:
            return self.parameters[rest]
        if head == "Execution" and rest in self.execution:
            return self.execution[rest]
        step, _, path = rest.partition(".")
        if head == "Steps" and step in self.steps:
            return find(self.steps[step], path, reference)
        raise Unresolved(f"ClientError: {reference} cannot be resolved.")

    def _json_get(self, asked: Mapping[str, Any]) -> Any:
        reference = asked["PropertyFile"]
        named = reference["Get"] if isinstance(reference, Mapping) else str(reference)
        parts = named.split(".")
        uri = self.files.get((parts[1], parts[-1])) if len(parts) == 4 else None
        if uri is None:
            raise Unresolved(f"ClientError: There is no property file {named}.")
        try:
            document = read_json(self.read_file(uri))
        except ValueError as error:
            raise Unresolved(f"ClientError: Property file {uri} is not valid JSON: {error}") from None
        return find(document, str(self.settle(asked["Path"])), uri)


def find(value: Any, path: str, where: str) -> Any:
    """The value at a path such as ``ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri``."""
    for word, key, index in _PART.findall(path):
        name = word or key
        if index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name:
            named = [item for item in value if isinstance(item, Mapping) and name in map(item.get, _NAMES)]
            if not named:
                raise Unresolved(f"ClientError: {where} has no {path}.")
            value = named[0]
        else:
            raise Unresolved(f"ClientError: {where} has no {path}.")
    return value


def text(value: Any) -> str:
    """A value inside a joined text, as JSON writes numbers and truth values."""
    return value if isinstance(value, str) else json.dumps(value)
