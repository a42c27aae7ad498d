"""GetFederationToken: credentials for somebody whom a user vouches for, with what both the user and the token allow.

Sources: "GetFederationToken" in the STS API reference; "Permissions for GetFederationToken" in the IAM user guide:
without a policy of its own the session may do nothing but what a resource's policy allows it by its own ARN.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam import policies
from mlops_iac.cloud.iam.session_tokens import MOST_SECONDS, SECONDS
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

LEAST_SECONDS: Final = 900

_NAME: Final = re.compile(r"[\w+=,.@-]{2,32}", re.ASCII)

_NOTHING: Final = json.dumps({"Version": "2012-10-17", "Statement": []})
"""Of a session without a policy."""


def install(gateway: Gateway) -> None:
    gateway.instead("sts", "GetFederationToken", lambda call: _federation_token(gateway, call))


def _federation_token(gateway: Gateway, call: Call) -> dict[str, Any]:
    who, params = gateway.iam.identify_call(call), call.params
    name, seconds = params["Name"], params.get("DurationSeconds") or SECONDS
    if who.kind == "role":
        raise AwsError("AccessDenied", "Cannot call GetFederationToken with session credentials", 403)
    if not _NAME.fullmatch(name):
        raise AwsError("ValidationError", f"Name is {name!r}; it may have 2 to 32 letters, digits and _+=,.@-.")
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise AwsError("ValidationError", f"DurationSeconds is {seconds}; it may be {LEAST_SECONDS} to {MOST_SECONDS}.")
    tags = {each["Key"]: each["Value"] for each in params.get("Tags") or ()}
    with gateway.locked("iam"):
        given = policies.given_to_session(params, who.account, policies.partition_of_arn(who.arn))
    credentials, ends, federated = gateway.iam.sessions.issue_federated(who, name, seconds, given or (_NOTHING,), tags)
    return {
        "Credentials": credentials.answered(ends),
        "FederatedUser": {"FederatedUserId": f"{who.account}:{name}", "Arn": federated.shown},
        "PackedPolicySize": 0,
    }
