"""The data files: AWS's actions with their resource types, and where operations differ from actions."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Service:
    """One of IAM's service prefixes."""

    prefix: str
    actions: Mapping[str, str]
    """Action to its resource types, ``?`` behind an optional one; no types means that only ``*`` can be named."""
    resources: Mapping[str, str]
    """Resource type to its ARN with placeholders."""
    operations: Mapping[str, list[Any]]
    """Operations that are not the action of the same name."""
    tagging: str
    """The action that a create call with tags needs besides; empty where the data knows none."""
    by_path: bool
    """Its actions are HTTP's verbs, on the paths of its API (`by_path.py`)."""
    parameters: Mapping[str, list[str]]
    """Placeholder to the paths of parameters that may fill it, best first."""

    def templates(self, action: str) -> list[tuple[str, bool]]:
        """The ARN templates of an action and whether each is required."""
        return [
            (self.resources[word.removesuffix("?")], not word.endswith("?"))
            for word in self.actions[action].split()
            if word.removesuffix("?") in self.resources
        ]


@functools.cache
def find_service(service: str) -> Service | None:
    """By botocore's name; None when the data says nothing about it."""
    exceptions = _exceptions()
    prefix = exceptions["prefixes"].get(service, service)
    known = _actions()["services"].get(prefix)
    if known is None:
        return None
    return Service(
        prefix=prefix,
        actions={**known["actions"], **exceptions["types"].get(prefix, {})},
        resources={**known["resources"], **exceptions["templates"].get(prefix, {})},
        operations=exceptions["operations"].get(prefix, {}),
        tagging=exceptions["tagging"].get(prefix, ""),
        by_path=prefix in exceptions["by_path"],
        parameters=exceptions["parameters"].get(prefix, {}),
    )


def source() -> str:
    """Where the actions come from, with the date of the reading."""
    return str(_actions()["source"])


@functools.cache
def arn_pattern(template: str) -> re.Pattern[str]:
    """What an ARN of a resource type looks like."""
    parts = re.split(r"\$\{[^}]+\}", template)
    return re.compile(".+".join(re.escape(part) for part in parts).replace("::", ":[^:]*:"))


@functools.cache
def read_data(name: str) -> Any:
    """One of the package's data files."""
    return json.loads((files(__package__) / "data" / name).read_text("utf-8"))


def _actions() -> dict[str, Any]:
    return dict(read_data("actions.json"))


def _exceptions() -> dict[str, Any]:
    return dict(read_data("operations.json"))
