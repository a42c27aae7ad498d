"""API Gateway's own answers: those that no endpoint gave.

Statuses and words: "Gateway response types for API Gateway" (API Gateway developer guide).
"""

from __future__ import annotations

import json
from typing import Final

from mlops_iac.cloud.wire import Answer

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of a request's body: a quota of API Gateway's that cannot be raised."""


class Refused(Exception):
    """A request that API Gateway answers itself. ``member``: how AWS spells the member that holds the words."""

    def __init__(self, status: int, kind: str, words: str, *, member: str = "message") -> None:
        super().__init__(words)
        self.status, self.kind, self.words, self.member = status, kind, words, member

    def answer(self) -> Answer:
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", self.kind)]
        return Answer(self.status, headers, json.dumps({self.member: self.words}).encode())


def unknown_path() -> Refused:
    """AWS answers so whether or not the caller signed: an API does not tell what it has."""
    return Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")


def forbidden() -> Refused:
    return Refused(403, "ForbiddenException", "Forbidden")


def too_large() -> Refused:
    return Refused(413, "RequestTooLargeException", f"HTTP content length exceeded {MOST_BYTES} bytes.")


def too_many() -> Refused:
    return Refused(429, "TooManyRequestsException", "Too Many Requests")


def quota_used() -> Refused:
    return Refused(429, "LimitExceededException", "Limit Exceeded")


def timed_out() -> Refused:
    return Refused(504, "InternalServerErrorException", "Endpoint request timed out")


def failed() -> Refused:
    return Refused(500, "InternalServerErrorException", "Internal server error")
