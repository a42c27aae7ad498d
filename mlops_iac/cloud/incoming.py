"""A request's body as it comes in on a connection that is used again.

Nothing is read beyond its end, where the next request begins, and it is known when some of it is left: that would be
taken for the next request. A client that says ``Expect: 100-continue`` (RFC 9110, section 10.1.1), as SDKs do before
they upload, sends the body only when it is asked to; so who is refused by the head of the request sends nothing.
"""

from __future__ import annotations

from typing import Any, Final

_WORD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Incoming:
    """``length``: the bytes that were announced; None for a body in HTTP's own chunks, which tells its end itself.

    ``answers``: where the client waits to be asked for the body.
    """

    def __init__(self, body: Any, length: int | None, answers: Any = None) -> None:
        self._body, self._left, self._answers = body, length, answers
        self._ended = length == 0

    @property
    def is_awaited(self) -> bool:
        """Whether the client still waits to be asked."""
        return self._answers is not None

    @property
    def is_left(self) -> bool:
        """Whether the connection cannot be used again: a client that waits may have begun to send all the same."""
        return self.is_awaited or not self._ended

    def read(self, size: int = -1) -> bytes:
        if self._ended:
            return b""
        return self._took(self._asked().read(self._within(size)), size)

    def readline(self, size: int = -1) -> bytes:
        if self._ended:
            return b""
        return self._took(self._asked().readline(self._within(size)), size)

    def _within(self, size: int) -> int:
        if self._left is None:
            return size
        return self._left if size < 0 else min(size, self._left)

    def _took(self, found: bytes, size: int) -> bytes:
        if self._left is None:
            self._ended = size < 0 or not found
        else:
            self._left -= len(found)
            self._ended = not self._left
        return found

    def _asked(self) -> Any:
        if self._answers is not None:
            answers, self._answers = self._answers, None
            answers.write(_WORD)
            answers.flush()
        return self._body
