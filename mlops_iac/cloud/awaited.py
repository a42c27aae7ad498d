"""A request's body that its client sends only when it is asked to: ``Expect: 100-continue`` (RFC 9110, section 10.1.1).

So who is refused by the head of the request sends nothing. SDKs ask this way before they upload.
"""

from __future__ import annotations

from typing import Any, Final

_WORD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Awaited:
    """The body, asked for by the first look into it."""

    def __init__(self, body: Any, answers: Any) -> None:
        self._body, self._answers = body, answers
        self.awaited = True
        """Nobody asked so far. The connection cannot be used again then: the client may have begun all the same."""

    def read(self, size: int = -1) -> bytes:
        return bytes(self._asked().read(size))

    def readline(self, size: int = -1) -> bytes:
        return bytes(self._asked().readline(size))

    def _asked(self) -> Any:
        if self.awaited:
            self.awaited = False
            self._answers.write(_WORD)
            self._answers.flush()
        return self._body


def is_awaited(body: Any) -> bool:
    """Whether a request's body was never asked for."""
    return isinstance(body, Awaited) and body.awaited
