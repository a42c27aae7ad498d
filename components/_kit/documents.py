"""JSON documents that are the same text whenever they say the same: sorted keys, sorted resources, no blanks."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

import pulumi

Document = Mapping[str, Any]


def policy(statements: Iterable[Document]) -> dict[str, Any]:
    """An IAM policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def render(document: pulumi.Input[Document]) -> pulumi.Output[str]:
    """A document, whose values may be Outputs, as stable JSON."""
    return settled(document).apply(dumps)


def settled(document: pulumi.Input[Any]) -> pulumi.Output[Any]:
    """A document with the values of its Outputs in their places.

    `pulumi.Output.from_input` answers the same, and makes an Output of every word of the document on the way: two
    thousand for one environment's policies, which were a third of a preview's time.
    """
    if isinstance(document, Awaitable):
        # Pulumi would look into what is awaited; into a function it does not.
        return pulumi.Output.from_input(_kept(document)).apply(lambda get: settled(get()))
    later = {id(output): output for output in _outputs_in(document)}
    return pulumi.Output.all(*later.values()).apply(
        lambda values: _filled(document, dict(zip(later, values, strict=True))) if later else document
    )


async def _kept(document: Awaitable[Any]) -> Callable[[], Any]:
    value = await document
    return lambda: value


def _outputs_in(value: Any) -> Iterator[pulumi.Output[Any]]:
    if isinstance(value, pulumi.Output):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _outputs_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _outputs_in(item)


def _filled(value: Any, values: Mapping[int, Any]) -> Any:
    if isinstance(value, pulumi.Output):
        return values[id(value)]
    if isinstance(value, Mapping):
        return {key: _filled(item, values) for key, item in value.items()}
    return [_filled(item, values) for item in value] if isinstance(value, list | tuple) else value


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
