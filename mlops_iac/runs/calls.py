"""Calls to a cloud: what it refuses becomes a CloudError that says what was asked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from mlops_iac.clients import Answered
from mlops_iac.core import exit_codes, refusals
from mlops_iac.core.denials import explain_denial
from mlops_iac.core.errors import CloudError

_CREDENTIALS = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException")


@contextlib.contextmanager
def calling(call: str, resource: str = "") -> Iterator[None]:
    """Turn botocore's errors into ours. ``call`` is ``service:Operation``, ``resource`` what it is about.

    >>> with calling("s3:PutObject", "raw/data.csv"):
    ...     clients("s3").put_object(...)
    """
    try:
        yield
    except CloudError:
        raise
    except Exception as error:
        translated = translate(error, call, resource)
        if translated is None:
            raise
        raise translated from error


def translate(error: Exception, call: str, resource: str) -> CloudError | None:
    """The CloudError for one of botocore's errors; None for any other error."""
    about = f" for `{resource}`" if resource else ""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's ClientError, or what the embedded cloud says in its place
        code, message = error_code(error), response.get("Error", {}).get("Message", "")
        translated = CloudError(
            "Cloud refused a request.",
            f"{call}{about}: {message or 'it gives no reason'} ({code}).",
            hint=explain_denial(message) or hint_for(code),
            resource=resource,
            call=call,
            code=code,
        )
        if code in _CREDENTIALS:
            translated.exit_code = exit_codes.AUTHENTICATION
        return translated
    from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError, NoCredentialsError

    if isinstance(error, NoCredentialsError):
        translated = CloudError(
            "No credentials.", f"{call}{about}: AWS asks who you are.", hint="run `aws configure` or `aws sso login`."
        )
        translated.exit_code = exit_codes.AUTHENTICATION
        return translated
    if isinstance(error, ConnectionError | HTTPClientError):
        return CloudError(
            "Cloud cannot be reached.",
            f"{call}{about}: {error}",
            hint="`mlops-iac cloud status` tells whether the embedded cloud runs, and `cloud start` starts it.",
            resource=resource,
            call=call,
            code=type(error).__name__,
        )
    if isinstance(error, BotoCoreError):
        return CloudError("Cloud call failed.", f"{call}{about}: {error}", resource=resource, call=call)
    return None


def hint_for(code: str) -> str:
    if code in _CREDENTIALS:
        return "sign in again: `aws sso login`, or new keys."
    if "AccessDenied" in code:
        return "your credentials lack this permission."
    if code == "NoSuchBucket" or "DoesNotExist" in code:
        return "it was deleted outside this tool: `mlops-iac refresh STACK` records that, `up` makes it anew."
    if code == "InsufficientStorage":
        return "make room on the disk, or make the folder writable, and run the command again."
    if code in refusals.THROTTLED:
        return "the account calls too often just now; try again in a minute."
    return ""


def error_code(error: Exception) -> str:
    """botocore's ``Error.Code``, empty when it is another kind of error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def found_or_missing(answer: Answered, call: str, resource: str, *codes: str) -> Any:
    """One of the answers of `Clients.many`: None for what is missing. Raises CloudError for what else was refused.

    ``codes`` mean that it is missing, for one call.
    """
    if not isinstance(answer, Exception):
        return answer
    with missing_is_nothing(*codes), calling(call, resource):
        raise answer
    return None


def is_throttled(error: Exception) -> bool:
    code = error.code if isinstance(error, CloudError) else error_code(error)
    return code in refusals.THROTTLED


def is_missing(error: Exception) -> bool:
    """Whether a cloud says that something does not exist."""
    code = error.code if isinstance(error, CloudError) else error_code(error)
    return refusals.is_gone(code, error.detail if isinstance(error, CloudError) else str(error))


@contextlib.contextmanager
def missing_is_nothing(*codes: str) -> Iterator[None]:
    """What is gone already needs no deleting. Stands around `calling`; ``codes`` mean the same for one call."""
    try:
        yield
    except CloudError as error:
        if not is_missing(error) and error.code not in codes:
            raise
