"""Requests that nobody signed, or somebody this cloud does not know: refused in the words that AWS has for them."""

from __future__ import annotations

from typing import Final

from mlops_iac.cloud.wire import AwsError, Request, error_format

_UNSIGNED: Final = {
    "s3": ("AccessDenied", "Access Denied", 403),
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "query": ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    "json": ("MissingAuthenticationTokenException", "Missing Authentication Token", 403),
}
_UNKNOWN: Final = {
    "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
    "ec2": _UNSIGNED["ec2"],
    "query": ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
    "json": ("UnrecognizedClientException", "The security token included in the request is invalid.", 403),
}
"""By the format of a service's errors: code, message and status. Sources: "Common errors" in the API references of S3,
EC2, IAM and SageMaker."""

_REMEDY: Final = ". `mlops-iac env STACK` prints the keys of this embedded cloud."


def refusal(request: Request, access_key: str) -> AwsError:
    """What a stranger is answered; ``access_key`` is empty when nobody signed."""
    code, message, status = (_UNKNOWN if access_key else _UNSIGNED)[error_format(request)]
    return AwsError(code, message.rstrip(".") + _REMEDY, status)
