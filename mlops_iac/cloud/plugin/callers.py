"""Only this person's processes may call: what they ask for runs code as this person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import grpc

from mlops_iac.core.peers import is_own_connection

LOOPBACK = "127.0.0.1"
"""The only address this listens on."""


class OwnCallersOnly(grpc.ServerInterceptor):
    """Looks at each call: a connection's address may be another one's by the next. ``port`` answers the server's own.

    Methods that stream are not served: no engine of Pulumi's calls one of a provider like this.
    """

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port

    def intercept_service(self, continuation: Callable[[Any], Any], call: Any) -> Any:
        method = continuation(call)
        if method is None or method.unary_unary is None:
            return None

        def answer(request: Any, context: Any) -> Any:
            if not self._is_own(context.peer()):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "The provider answers its owner's processes only.")
            return method.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(answer, method.request_deserializer, method.response_serializer)

    def _is_own(self, peer: str) -> bool:
        """``peer`` is gRPC's word for the caller: ``ipv4:127.0.0.1:50312``, ``ipv6:%5B::1%5D:50312``.

        All of it counts: another person may come from the same port of another loopback address.
        """
        family, _, place = unquote(peer).partition(":")
        address, _, port = place.rpartition(":")
        if family not in ("ipv4", "ipv6") or not port.isdecimal():
            return False
        return is_own_connection((address.strip("[]"), int(port)), (LOOPBACK, self._port()))
