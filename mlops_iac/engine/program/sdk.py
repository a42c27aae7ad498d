"""What Pulumi's SDK works out for each resource and nobody here asks for: left out, it was a third of a preview's time.

Programs that the Pulumi CLI runs are not touched: they never come by here.
"""

from __future__ import annotations

from typing import Any

from pulumi import Output, log
from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2

from mlops_iac.core import urns

_create_urn = getattr(resource.create_urn, "original", resource.create_urn)


def leave_out() -> None:
    """To call it again changes nothing."""
    resource._get_stack_trace = source_pb2.StackTrace  # the whole stack, sent along with each resource
    resource.create_urn = _plain_urn
    log.debug = _nothing


def _plain_urn(name: Any, type_: Any, parent: Any = None, *place: Any, **places: Any) -> Output[str]:
    """The SDK makes a URN from ten Outputs, for each resource, in case there is no engine that answers one."""
    if parent and all(isinstance(word, str) for word in (name, type_, parent)):
        above = urns.parse(parent)
        return Output.from_input(str(above._replace(qualified_type=f"{above.qualified_type}${type_}", name=name)))
    return _create_urn(name, type_, parent, *place, **places)


_plain_urn.original = _create_urn  # type: ignore[attr-defined]


def _nothing(*said: Any, **more: Any) -> None:
    """Debug messages are for Pulumi's own log; a preview has five of them for each resource."""
