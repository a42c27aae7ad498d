"""The documents that speak about a principal and about a resource, out of moto's state.

Callers hold the gateway's lock while they read here; what is returned is plain data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.documents import Document, parse_document
from mlops_iac.cloud.iam.evaluate import Policy
from mlops_iac.cloud.wire import AwsError

ADMINISTRATOR: Final = Policy(
    "AdministratorAccess",
    parse_document('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'),
)


def partition_of_arn(arn: str) -> str:
    return arn.split(":", 2)[1]


def find_role(arn: str) -> Any:
    """moto's role of an ARN, or None."""
    name = arn.rsplit("/", 1)[-1]
    roles = _iam(arn.split(":")[4], partition_of_arn(arn)).roles.values()
    return next((role for role in roles if role.name == name), None)


def role_arns() -> Iterator[str]:
    """Every role, but the service-linked ones, which AWS keeps."""
    from moto.iam.models import iam_backends

    for _, _, backend in iam_backends.iter_backends():
        yield from (role.arn for role in backend.roles.values() if not role.path.startswith("/aws-service-role/"))


def find_principal(arn: str) -> Principal | None:
    """The role or the user of an ARN; groups make no requests."""
    parts = arn.split(":", 5)
    name = parts[-1].rsplit("/", 1)[-1]
    if len(parts) != 6 or parts[2] != "iam":
        return None
    if parts[5].startswith("role/") and find_role(arn):
        return Principal(kind="role", account=parts[4], name=name, arn=arn, session="simulated")
    if parts[5].startswith("user/") and name in _iam(parts[4], parts[1]).users:
        return Principal(kind="user", account=parts[4], name=name, arn=arn)
    return None


def find_user(access_key: str) -> Principal | None:
    """The user of an access key that was made here (`CreateAccessKey`)."""
    from moto.iam.models import iam_backends

    for account, partition, backend in iam_backends.iter_backends():
        for user in backend.users.values():
            if any(key.access_key_id == access_key and key.status == "Active" for key in user.access_keys):
                arn = f"arn:{partition}:iam::{account}:user{user.path}{user.name}"
                return Principal(kind="user", account=account, name=user.name, arn=arn)
    return None


def identity_policies(principal: Principal) -> tuple[Policy, ...]:
    """Inline and attached policies of a role, or of a user and its groups."""
    if principal.kind == "person":
        return (ADMINISTRATOR,)
    if principal.kind == "role":
        role = find_role(principal.arn)
        return tuple(_policies_of(role, f"role {role.name}")) if role else ()
    backend = _iam(principal.account, partition_of_arn(principal.arn))
    user = backend.users.get(principal.name)
    if user is None:
        return ()
    groups = [group for group in backend.groups.values() if user in group.users]
    own = _policies_of(user, f"user {user.name}")
    return (*own, *(policy for group in groups for policy in _policies_of(group, f"group {group.name}")))


def boundary_of(principal: Principal) -> Policy | None:
    """The permissions boundary of a role or a user."""
    if principal.kind == "person":
        return None
    owner = find_role(principal.arn) if principal.kind == "role" else None
    arn = getattr(owner, "permissions_boundary_arn", None)
    if not arn:
        return None
    policy = _iam(principal.account, partition_of_arn(arn)).managed_policies.get(arn)
    # A boundary that was deleted allows nothing.
    return _managed(policy) if policy else Policy(arn, Document(()))


def trust_policy(role: Any) -> Policy:
    """Who may assume a role. A trust policy names no resource: it speaks of its own role."""
    return Policy(f"trust policy of role {role.name}", parse_document(role.assume_role_policy_document))


def resource_policy(arn: str) -> Policy | None:
    """The policy on a resource, for the services whose resources have one here."""
    parts = arn.split(":", 5)
    reader = _READERS.get(parts[2]) if len(parts) == 6 else None
    return reader(parts) if reader else None


def account_of(arn: str, default: str) -> str:
    """The account that owns a resource: it stands in the ARN, except for buckets."""
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "s3":
        bucket = find_bucket(parts[5].split("/", 1)[0])
        return str(bucket.account_id) if bucket else default
    if len(parts) == 6 and parts[2] == "ecr" and _find_repository(parts) is None:
        return default  # AWS's own registries, which let every account pull
    return parts[4] if len(parts) == 6 and parts[4].isdigit() else default


def session_policies(principal: Principal) -> Iterable[Policy]:
    """The policies that were given when the session was issued."""
    for text in principal.policies:
        yield Policy("session policy", parse_document(text))


def given_to_session(params: Mapping[str, Any], account: str, partition: str) -> tuple[str, ...]:
    """The policies with which a session is asked for, as JSON texts: ``Policy``, and managed ones in ``PolicyArns``.

    Raises `AwsError` for one that is not there.
    """
    found = [params["Policy"]] if params.get("Policy") else []
    for arn in (each["arn"] for each in params.get("PolicyArns") or ()):
        policy = _iam(account, partition).managed_policies.get(arn)
        if policy is None:
            raise AwsError("ValidationError", f"ARN {arn} is not valid: there is no such managed policy.")
        version = next(each for each in policy.versions if each.version_id == policy.default_version_id)
        found.append(_text(version.document))
    return tuple(found)


def is_granted(principal: Principal, action: str, resource: str, keys: Keys) -> bool:
    """Whether a grant on a KMS key allows an operation with it: "Grants in AWS KMS" in the KMS developer guide."""
    parts = resource.split(":", 5)
    if len(parts) != 6 or parts[2] != "kms":
        return False
    key = _find_key(parts)
    operation = action.removeprefix("kms:")
    return any(
        grant.grantee_principal in (principal.arn, principal.session_arn)
        and operation in grant.operations
        and _constrained(grant.constraints or {}, keys)
        for grant in (key.grants.values() if key else ())
    )


def _constrained(constraints: dict[str, Any], keys: Keys) -> bool:
    """``EncryptionContextSubset`` and ``EncryptionContextEquals``."""
    given = set(keys.get("kms:encryptioncontextkeys", ()))
    for kind, wanted in constraints.items():
        if kind == "EncryptionContextEquals" and given != set(wanted):
            return False
        if any(keys.get(f"kms:encryptioncontext:{name.lower()}") != (value,) for name, value in wanted.items()):
            return False
    return True


def _policies_of(owner: Any, shown: str) -> Iterable[Policy]:
    for name, text in owner.policies.items():
        yield Policy(f"{shown}: {name}", parse_document(_text(text)))
    for policy in owner.managed_policies.values():
        yield _managed(policy)


def _managed(policy: Any) -> Policy:
    version = next(v for v in policy.versions if v.version_id == policy.default_version_id)
    return Policy(policy.arn, parse_document(_text(version.document)))


def _text(document: Any) -> str:
    if isinstance(document, bytes):
        return document.decode()
    return document if isinstance(document, str) else json.dumps(document)


def _iam(account: str, partition: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account][partition]


# Resource policies --------------------------------------------------------------------------------------------------


def _bucket_policy(parts: list[str]) -> Policy | None:
    bucket = find_bucket(parts[5].split("/", 1)[0])
    return _policy(f"bucket {bucket.name}", bucket.policy) if bucket else None


def find_bucket(name: str) -> Any:
    """moto's bucket of a name, whoever owns it, or None."""
    from moto.s3.models import s3_backends

    for _, _, backend in s3_backends.iter_backends():
        if name in backend.buckets:
            return backend.buckets[name]
    return None


def _key_policy(parts: list[str]) -> Policy | None:
    key = _find_key(parts)
    return _policy(f"key {key.id}", key.policy) if key else None


def _find_key(parts: list[str]) -> Any:
    from moto.kms.models import kms_backends

    return kms_backends[parts[4]][parts[3]].keys.get(parts[5].removeprefix("key/"))


def _topic_policy(parts: list[str]) -> Policy | None:
    from moto.sns.models import sns_backends

    topic = sns_backends[parts[4]][parts[3]].topics.get(":".join(parts))
    return _policy(f"topic {parts[5]}", topic.policy) if topic else None


def _queue_policy(parts: list[str]) -> Policy | None:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[parts[4]][parts[3]].queues.get(parts[5])
    return _policy(f"queue {parts[5]}", queue.policy) if queue else None


def _repository_policy(parts: list[str]) -> Policy | None:
    repository = _find_repository(parts)
    return _policy(f"repository {repository.name}", repository.policy) if repository else None


def _find_repository(parts: list[str]) -> Any:
    from moto.ecr.models import ecr_backends

    return ecr_backends[parts[4]][parts[3]].repositories.get(parts[5].removeprefix("repository/"))


def _file_system_policy(parts: list[str]) -> Policy | None:
    from moto.efs.models import efs_backends

    id = parts[5].removeprefix("file-system/")
    system = efs_backends[parts[4]][parts[3]].file_systems_by_id.get(id)
    return _policy(f"file system {id}", system.file_system_policy) if system else None


def _secret_policy(parts: list[str]) -> Policy | None:
    from moto.secretsmanager.models import secretsmanager_backends

    secrets = secretsmanager_backends[parts[4]][parts[3]].secrets
    secret = next((each for each in secrets.values() if each.arn == ":".join(parts)), None)
    return _policy(f"secret {secret.name}", secret.policy) if secret else None


def _function_policy(parts: list[str]) -> Policy | None:
    from moto.awslambda.exceptions import UnknownFunctionException
    from moto.awslambda.utils import get_backend

    try:
        function = get_backend(parts[4], parts[3]).get_function(":".join(parts))
    except UnknownFunctionException:
        return None
    return _policy(f"function {function.function_name}", {"Statement": function.policy.statements})


def _policy(name: str, document: Any) -> Policy | None:
    """A resource without a policy, or with an empty one, has none."""
    if not document or document == {"Statement": []}:
        return None
    parsed = parse_document(_text(document))
    return Policy(name, parsed) if parsed.statements else None


_READERS: Final[dict[str, Callable[[list[str]], Policy | None]]] = {
    "ecr": _repository_policy,
    "elasticfilesystem": _file_system_policy,
    "kms": _key_policy,
    "lambda": _function_policy,
    "s3": _bucket_policy,
    "secretsmanager": _secret_policy,
    "sns": _topic_policy,
    "sqs": _queue_policy,
}
