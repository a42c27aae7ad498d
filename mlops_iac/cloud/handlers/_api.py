"""Calls to the embedded cloud on behalf of one resource: parameters in, answer out, AWS's refusals as
`CloudError`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.core import refusals
from mlops_iac.core.denials import explain_denial
from mlops_iac.core.errors import CloudError
from mlops_iac.core.refusals import VAGUE_CODES

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

TAKEN: Final = re.compile(r"AlreadyExists|AlreadyOwnedByYou|EntityAlreadyExists|Duplicate|AlreadyInUse", re.IGNORECASE)
"""Codes by which AWS's services say that a name is taken."""

TAKEN_MESSAGE: Final = re.compile(r"already exist|already in use|is taken", re.IGNORECASE)
"""The same in a validation error's message."""


class Api:
    """One resource's calls. ``subject`` is its physical name, for messages."""

    def __init__(self, clients: Clients, service: str, type: str, subject: str) -> None:
        self._clients, self._service, self._type, self._subject = clients, service, type, subject

    def __call__(self, operation: str, /, **params: Any) -> dict[str, Any]:
        """``api("CreateRole", RoleName=…)``; another service's call is written ``api("kms:DescribeKey", …)``."""
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        service, _, name = operation.rpartition(":")
        service = service or self._service
        client = self._clients(service)
        try:
            return dict(getattr(client, _method(name))(**params))
        except ClientError as error:
            answer = error.response.get("Error", {})
            raise self._refused(
                f"{service}:{name}", answer.get("Message", ""), answer.get("Code", ""), unsure=_is_lost(error)
            ) from error
        except BotoCoreError as error:
            lost = isinstance(error, HTTPClientError)
            raise self._refused(f"{service}:{name}", str(error), type(error).__name__, unsure=lost) from error

    def maybe(self, operation: str, /, **params: Any) -> dict[str, Any] | None:
        """The answer, or None when the cloud says that what is asked for does not exist."""
        try:
            return self(operation, **params)
        except CloudError as error:
            if is_gone(error):
                return None
            raise

    def refuse(self, operation: str, message: str, code: str) -> CloudError:
        """The error AWS would answer where the embedded cloud accepts; the caller raises it."""
        service, _, name = operation.rpartition(":")
        return self._refused(f"{service or self._service}:{name}", message, code)

    def _refused(self, call: str, message: str, code: str, *, unsure: bool = False) -> CloudError:
        return CloudError(
            "Cloud refused a request.",
            f"`{self._subject}` ({self._type}): {call} answered {code}: {message.strip() or 'no message'}",
            hint=hint_for(code, message),
            resource=self._subject,
            call=call,
            code=code,
            unsure=unsure,
        )


def hint_for(code: str, message: str) -> str:
    """What a person can do about a refusal; empty when only the message can tell."""
    if code == "InsufficientStorage":
        return "make room on the disk, or make the folder writable."
    if TAKEN.search(code) or (code in VAGUE_CODES and TAKEN_MESSAGE.search(message)):
        return (
            "the name is taken by something outside this stack: delete that, give this one another name, "
            "or adopt what is there with the component's `adopt(...)`."
        )
    if "AccessDenied" in code or "Unauthorized" in code:
        return explain_denial(message) or "your credentials lack this permission."
    return ""


def _is_lost(error: Any) -> bool:
    """Whether a refusal leaves open if the call was carried out.

    A server's failure does, and so does any refusal of a repeated call: what the first attempt did may be its reason
    (a create that "exists already").
    """
    about = error.response.get("ResponseMetadata", {})
    return about.get("HTTPStatusCode", 0) in (500, 502, 503, 504) or about.get("RetryAttempts", 0) > 0


def is_gone(error: CloudError) -> bool:
    return refusals.is_gone(error.code, error.detail)


def _method(operation: str) -> str:
    """boto3's method of an operation; `xform_name` is botocore's own rule."""
    from botocore import xform_name

    return str(xform_name(operation))
