"""AWS on this machine, as the engine sees it: handlers by type, answers to invokes, and what its settings mean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import DEFAULT_ACCOUNT
from mlops_iac.cloud.handlers import HANDLERS, handler_class
from mlops_iac.cloud.packages.aws_settings import check, read
from mlops_iac.cloud.packages.aws_tags import Tagged, takes_tags
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Handler, Scope
from mlops_iac.engine.values.value import Props

if TYPE_CHECKING:
    from mlops_iac.clients import Clients


class AwsPackage:
    """Implements `engine.handler.Package`. Without ``clients``, as in a preview while no cloud is running, checks,
    replacements and pure invokes still work and everything else is a `CloudError`."""

    name: Final = "aws"
    identity: Final = frozenset({"region"})

    def __init__(self, clients: Callable[[str], Clients] | None, account_id: str | None = DEFAULT_ACCOUNT) -> None:
        """``account_id`` None: whose it is, is not known, and no setting forbids it."""
        self.account_id = account_id or DEFAULT_ACCOUNT
        self._known_account = account_id
        # One set for each region, for all handlers: making the clients of a service costs more than most of its calls.
        self._clients = functools.cache(clients) if clients else None
        self._handlers: dict[str, Handler] = {}

    def check_settings(self, settings: Props) -> None:
        check(settings, self._known_account)

    def scope(self, stack: str, project: str, settings: Props) -> Scope:
        said = read(settings)
        return Scope(
            stack=stack, project=project, region=said.region, account_id=self.account_id, settings=said.as_props()
        )

    def handler(self, type: str) -> Handler:
        known = self._handlers.get(type)
        if known is None:
            kind = handler_class(type)
            if kind is None:
                raise NotEmulated(type, hint=_what_is_there(type))
            plain = kind(self._clients)
            known = self._handlers[type] = Tagged(plain) if takes_tags(plain) else plain
        return known

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        from mlops_iac.cloud.invokes import answer

        return answer(self._clients, self.account_id, scope, token, args)


def _what_is_there(type: str) -> str:
    """Types come from an SDK and are seldom mistyped: what helps is what else there is of the same service."""
    service = type.partition("/")[0]
    there = ", ".join(f"`{known.rpartition(':')[2]}`" for known in sorted(HANDLERS) if known.startswith(f"{service}/"))
    of_service = f"of `{service}` it offers {there}. " if there else f"it offers nothing of `{service}`. "
    where = "docs/reference/COVERAGE.md lists all that it offers. "
    return f"{of_service}{where}Leave the resource out here, or deploy with `--cloud aws`."
