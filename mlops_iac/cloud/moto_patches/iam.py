"""IAM: AWS's managed policies, one at a time, and trust policies that are at least well formed.

moto can load all 1,400 managed policies, which takes a second and makes every snapshot megabytes larger. Here a managed
policy exists from the moment that somebody asks for it by its ARN; ``ListPolicies(Scope="AWS")`` shows only those.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.iam.parameters import LINKED
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
    gateway.when_used("iam", _name_linked_roles)
    for operation in ("AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"):
        gateway.instead("iam", operation, lambda call: _change_audiences(gateway, call))


def _name_linked_roles() -> None:
    """A service-linked role has the name that AWS gives it; moto makes one up of the service's."""
    from moto.iam.models import IAMBackend

    original = getattr(IAMBackend.create_service_linked_role, "original", IAMBackend.create_service_linked_role)

    def create(backend: Any, service_name: str, description: str, suffix: str) -> Any:
        name = LINKED.get(service_name)
        if name and any(role.name == name for role in backend.roles.values()):
            raise AwsError("InvalidInput", f"Service role name {name} has been taken in this account.")
        role = original(backend, service_name, description, suffix)
        role.name = name or role.name
        return role

    create.original = original  # type: ignore[attr-defined]
    IAMBackend.create_service_linked_role = create


def _change_audiences(gateway: Gateway, call: Call) -> dict[str, Any]:
    """Both may be repeated: AWS answers alike when there is nothing left to do."""
    from moto.iam.models import iam_backends

    with gateway.locked("iam"):
        providers = iam_backends[call.account_id]["aws"].open_id_providers
        found = providers.get(call.params["OpenIDConnectProviderArn"])
        if found is None:
            raise AwsError(
                "NoSuchEntity", f"OpenIDConnect Provider not found for arn {call.params['OpenIDConnectProviderArn']}"
            )
        others = [one for one in found.client_id_list if one != call.params["ClientID"]]
        adds = call.operation.startswith("Add")
        found.client_id_list = [*others, call.params["ClientID"]] if adds else others
    gateway.touch()
    return {}


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
