"""Answers that say their own content type."""

from __future__ import annotations

from typing import Any


class Response:
    """As far as the model server reads it."""

    def __init__(
        self, response: Any = None, accept: str | None = None, status: int = 200, mimetype: str | None = None
    ) -> None:
        self.response, self.status = response, status
        self.mimetype = mimetype or accept or "application/json"
