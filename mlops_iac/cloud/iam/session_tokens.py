"""GetSessionToken: credentials that end, of the very caller. And the operations whose keys nobody here would know.

Source: "GetSessionToken" in the STS API reference: only somebody with lasting credentials may ask; what was issued has
the same rights, but may not call IAM, nor STS beside AssumeRole and GetCallerIdentity, without a second factor; who is
federated may not assume a role either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SECONDS: Final = 43_200
"""How long they last unless the caller says otherwise."""

MOST_SECONDS: Final = 129_600

REFUSED: Final = (
    ("cognito-identity", "GetCredentialsForIdentity"),
    ("sts", "AssumeRoleWithSAML"),
    ("sts", "AssumeRoleWithWebIdentity"),
)
"""moto would answer with keys that belong to nobody, so that every request made with them is refused."""

_OPEN: Final = frozenset({"AssumeRole", "GetCallerIdentity"})
"""Of STS, for a session."""


def install(gateway: Gateway) -> None:
    gateway.instead("sts", "GetSessionToken", lambda call: _session_token(gateway, call))
    for service, operation in REFUSED:
        gateway.instead(service, operation, _refuse)


def check_session(principal: Principal, service: str, operation: str) -> None:
    """Refuse what is closed to a session of the caller's own, in AWS's words. Raises `AwsError`."""
    if not principal.temporary:
        return
    if service == "iam":
        raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    if service == "sts" and (operation not in _OPEN or (principal.federated and operation == "AssumeRole")):
        raise AwsError("AccessDenied", f"Cannot call {operation} with session credentials", 403)


def _session_token(gateway: Gateway, call: Call) -> dict[str, Any]:
    who, params = gateway.iam.identify_call(call), call.params
    seconds = params.get("DurationSeconds") or SECONDS
    if who.kind == "role":
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    if seconds > MOST_SECONDS:
        raise AwsError("ValidationError", f"DurationSeconds is {seconds}; it may be 900 to {MOST_SECONDS}.")
    if params.get("SerialNumber") or params.get("TokenCode"):
        raise AwsError("NotImplemented", "The embedded cloud does not check codes of a second factor.", 501)
    credentials, ends = gateway.iam.sessions.issue_same(who, seconds)
    return {"Credentials": credentials.answered(ends)}


def _refuse(call: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", f"The embedded cloud does not offer {call.service}:{call.operation}.", 501)
