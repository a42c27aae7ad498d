"""IAM: AWS's managed policies, one at a time, and trust policies that are at least well formed.

moto can load all 1,400 managed policies, which takes a second and makes every snapshot megabytes larger. Here a managed
policy exists from the moment that somebody asks for it by its ARN; ``ListPolicies(Scope="AWS")`` shows only those.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.strict_json import read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_MANAGED: Final = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:.*/)?(?P<name>[^/]+)")


def apply(gateway: Gateway) -> None:
    for operation in (
        "AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy", "GetPolicy", "GetPolicyVersion",
        "ListPolicyVersions", "ListEntitiesForPolicy",
    ):  # fmt: skip
        gateway.before("iam", operation, lambda call: _load(gateway, call))
    gateway.before("iam", "CreateRole", _check_trust("AssumeRolePolicyDocument"))
    gateway.before("iam", "UpdateAssumeRolePolicy", _check_trust("PolicyDocument"))


def _load(gateway: Gateway, call: Call) -> None:
    found = _MANAGED.fullmatch(call.params.get("PolicyArn") or "")
    if found is None:
        return
    from moto.iam.models import AWSManagedPolicy, iam_backends

    with gateway.locked("iam"):
        backend = iam_backends[call.account_id]["aws"]
        data = _all_managed().get(found["name"])
        if data is not None and call.params["PolicyArn"] not in backend.managed_policies:
            policy = AWSManagedPolicy.from_data(found["name"], backend.account_id, backend.region_name, data)
            backend.managed_policies[policy.arn] = policy


@functools.cache
def _all_managed() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies: dict[str, Any] = json.loads(aws_managed_policies_data)
    return policies


def _check_trust(parameter: str) -> Any:
    def check(call: Call) -> None:
        try:
            document = read_json(call.params[parameter])
        except ValueError:
            document = None
        statements = document.get("Statement") if isinstance(document, dict) else None
        statements = [statements] if isinstance(statements, dict) else statements
        if not statements:
            raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json")
        for statement in statements:
            if "Resource" in statement:
                raise AwsError("MalformedPolicyDocument", "Has prohibited field Resource")
            if "Principal" not in statement and "NotPrincipal" not in statement:
                raise AwsError("MalformedPolicyDocument", "AssumeRole policy must specify a principal.")

    return check
