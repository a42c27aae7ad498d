"""JSON documents that are the same text whenever they say the same: sorted keys, sorted resources, no blanks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

Document = Mapping[str, Any]


def policy(statements: Iterable[Document]) -> dict[str, Any]:
    """An IAM policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def render(document: pulumi.Input[Document]) -> pulumi.Output[str]:
    """A document, whose values may be Outputs, as stable JSON."""
    return pulumi.Output.from_input(document).apply(dumps)


def dumps(document: Any) -> str:
    return json.dumps(_sorted_resources(document), sort_keys=True, separators=(",", ":"))


def _sorted_resources(value: Any) -> Any:
    """Statements' resources in order of their text: the order in which a program granted them must not be a change."""
    if isinstance(value, Mapping):
        resolved = {key: _sorted_resources(item) for key, item in value.items()}
        resources = resolved.get("Resource")
        if "Effect" in resolved and isinstance(resources, list):
            resolved["Resource"] = sorted(set(resources))
        return resolved
    return [_sorted_resources(item) for item in value] if isinstance(value, list | tuple) else value
