"""AWS's words and codes for a refusal.

Source: "Troubleshoot access denied error messages" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html), and the error lists of each API.
"""

from __future__ import annotations

from typing import Final

from mlops_iac.cloud.iam.evaluate import Decision
from mlops_iac.cloud.wire import AwsError

_CODES: Final = {
    "cloudwatch": ("AccessDenied", 403),
    "ec2": ("UnauthorizedOperation", 403),
    "iam": ("AccessDenied", 403),
    "s3": ("AccessDenied", 403),
    "s3control": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "sqs": ("AccessDenied", 403),
    "sts": ("AccessDenied", 403),
}
"""Error code and HTTP status; every other service answers AccessDeniedException."""

_REST: Final = frozenset({"batch", "lambda", "sagemaker-runtime", "sagemaker-metrics", "scheduler", "xray"})
"""REST services answer 403, the others 400."""

_NEEDS_ARTICLE: Final = {"identity-based policy": "an", "permissions boundary": "a"}


def refuse(service: str, who: str, action: str, resource: str, decision: Decision) -> AwsError:
    """The error that a client gets."""
    code, status = code_of(service)
    text = f"User: {who} is not authorized to perform: {action} on resource: {resource} {because(action, decision)}"
    if service == "ec2":
        text = f"You are not authorized to perform this operation. {text}"
    return AwsError(code, text, status)


def code_of(service: str) -> tuple[str, int]:
    """A service's error code and HTTP status for a refusal."""
    return _CODES.get(service, ("AccessDeniedException", 403 if service in _REST else 400))


def because(action: str, decision: Decision) -> str:
    """``because no identity-based policy allows the s3:GetObject action``"""
    if decision.explicit:
        article = _NEEDS_ARTICLE.get(str(decision.kind), "a")
        return f"with an explicit deny in {article} {decision.kind}"
    return f"because no {decision.kind} allows the {action} action"
