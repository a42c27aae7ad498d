"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def pages(call: Callable[..., Any], items: str, *, next_key: str = "NextToken", **arguments: Any) -> Iterator[Any]:
    """Every item of a list call. ``next_key`` is the name of the page token, the same in request and answer."""
    following: dict[str, Any] = {}
    while True:
        page = call(**arguments, **following)
        yield from page.get(items, ())
        if not page.get(next_key):
            return
        following = {next_key: page[next_key]}
