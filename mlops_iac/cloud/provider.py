"""The embedded cloud as the engine sees it: handlers by type token, and answers to invokes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlops_iac.clients import DEFAULT_ACCOUNT
from mlops_iac.cloud.handlers import HANDLERS, handler_class
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Handler, Scope
from mlops_iac.engine.values.value import Props

if TYPE_CHECKING:
    from mlops_iac.clients import Clients


class EmbeddedProvider:
    """Implements `engine.handler.Provider`. ``clients`` makes the clients of a region; without it, as in a
    preview while no cloud is running, checks, replacements and pure invokes still work and everything else is a
    `CloudError`."""

    def __init__(self, clients: Callable[[str], Clients] | None, account_id: str = DEFAULT_ACCOUNT) -> None:
        self.account_id = account_id
        # One set for each region, for all handlers: making the clients of a service costs more than most of its calls.
        self._clients = functools.cache(clients) if clients else None
        self._handlers: dict[str, Handler] = {}

    def handler(self, type: str) -> Handler:
        known = self._handlers.get(type)
        if known is None:
            kind = handler_class(type)
            if kind is None:
                raise NotEmulated(type, hint=_what_is_there(type))
            known = self._handlers[type] = kind(self._clients)
        return known

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        from mlops_iac.cloud.invokes import answer

        return answer(self._clients, self.account_id, scope, token, args)


def _what_is_there(type: str) -> str:
    """Types come from an SDK and are seldom mistyped: what helps is what else there is of the same service."""
    service = type.partition("/")[0]
    there = ", ".join(f"`{known.rpartition(':')[2]}`" for known in sorted(HANDLERS) if known.startswith(f"{service}/"))
    of_service = f"of `{service}` it offers {there}. " if there else f"it offers nothing of `{service}`. "
    return f"{of_service}Leave the resource out here, or deploy with `--cloud aws`."
