"""Errors that handlers may raise, or meet."""

from __future__ import annotations


class BaseInferenceToolkitError(Exception):
    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        super().__init__(status_code, message, phrase)
        self.status_code, self.message, self.phrase = status_code, message, phrase


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    def __init__(self, status_code: int, message: str | None = None, phrase: str | None = None) -> None:
        message = message or "Invalid Request"
        super().__init__(status_code, message, phrase or message)


class UnsupportedFormatError(BaseInferenceToolkitError):
    def __init__(self, content_type: str, **_: object) -> None:
        message = f"Content type {content_type} is not supported by this framework."
        super().__init__(415, message, message)
