"""Roles that are assumed: by services for their work, and by people and code through STS.

A role's trust policy decides. Source: "How IAM roles work" and "The confused deputy problem" in the IAM user guide: a
service that acts for a resource tells ``aws:SourceAccount`` and ``aws:SourceArn``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud.clock import machine_time
from mlops_iac.cloud.iam import federation, policies, session_tokens, simulate
from mlops_iac.cloud.iam.callers import access_key_of
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.context import place_keys, principal_keys, request_keys
from mlops_iac.cloud.iam.denial import refuse
from mlops_iac.cloud.iam.documents import Names
from mlops_iac.cloud.iam.evaluate import Ask, Policies, evaluate
from mlops_iac.cloud.iam.usage import report
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway
    from mlops_iac.cloud.iam.enforcer import Wanted

SECONDS: Final = 6 * 24 * 3600
"""How long the credentials of a service's work last: on AWS they are renewed inside a job, whose longest is five days
(CreateTrainingJob's MaxRuntimeInSeconds)."""

_SOURCELESS: Final = frozenset(
    {
        "apigateway.amazonaws.com",
        "ec2.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "redshift-serverless.amazonaws.com",
    }
)
"""Services that do not tell for whom they act when they assume the role of an integration, an instance, a task or a
statement."""

_SESSION: Final = re.compile(r"[^\w+=,.@-]")


class CannotAssume(Exception):
    """There is no such role, or its trust policy does not let the service assume it; the message says which."""


class Roles:
    """Issues credentials to services that work in a role."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._made: dict[tuple[str, ...], tuple[float, Clients]] = {}
        self._lock = threading.Lock()

    def assume(self, role_arn: str, service: str, session: str, source_arn: str = "") -> Credentials:
        """Credentials of a role for a service principal. Raises `CannotAssume`."""
        self.check(role_arn, service, source_arn)
        return self._gateway.iam.sessions.issue(role_arn, session_name(session), SECONDS)[0]

    def check(self, role_arn: str, service: str, source_arn: str = "") -> None:
        """Whether a service may assume a role. Raises `CannotAssume`."""
        with self._gateway.locked("iam"):
            role = policies.find_role(role_arn) if _is_role(role_arn) else None
            if role is None:
                raise CannotAssume(f"There is no role {role_arn}.")
            account = role_arn.split(":")[4]
            keys: dict[str, tuple[str, ...]] = place_keys("", account)
            if service not in _SOURCELESS:
                keys["aws:sourceaccount"] = (account,)
                if source_arn:
                    keys["aws:sourcearn"] = (source_arn,)
            ask = Ask(
                who=Names(service=service, account=account),
                action="sts:AssumeRole",
                resource=role_arn,
                resource_account=account,
                keys=keys,
            )
            trust = Policies(resource=policies.trust_policy(role), resource_decides=True)
            if self._gateway.iam.enforced and not evaluate(ask, trust).allowed:
                raise CannotAssume(f"The trust policy of {role_arn} does not let {service} assume it.")

    def require(self, role_arn: str, service: str, session: str, region: str, wanted: Wanted) -> None:
        """Whether a role has the rights that a service uses in it. Raises `AwsError` for the first that lacks."""
        iam = self._gateway.iam
        if not iam.enforced:
            return
        principal = iam.sessions.principal(role_arn, session)
        with self._gateway.locked("iam"):
            for action, resource, keys in wanted:
                basis = {**place_keys(region, principal.account), **principal_keys(principal), **keys}
                iam.demand(service.split(".")[0], principal, action, resource, basis)

    def as_caller(self, call: Call) -> Clients:
        """Clients that act as whoever made a call: Athena and SageMaker read with the rights of who asks them."""
        key = access_key_of({"HTTP_AUTHORIZATION": call.headers.get("Authorization", "")})
        if key == self._gateway.token.owner.access_key:
            return self._gateway.clients(call.region, call.account_id)
        token = call.headers.get("X-Amz-Security-Token") or None
        credentials = Credentials(key, "signatures are not verified", token)
        return Clients.embedded(self._gateway.endpoint, call.region, call.account_id, credentials=credentials)

    def require_by_policy(
        self, service: str, action: str, resource: str, source_arn: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Whether a resource's own policy lets a service act on it for somebody. ``context``: the encryption context of
        a key. Raises `AwsError`."""
        iam = self._gateway.iam
        if not iam.enforced:
            return
        with self._gateway.locked("iam"):
            account = policies.account_of(resource, "")
            keys: dict[str, tuple[str, ...]] = {
                **place_keys("", account),
                "aws:sourceaccount": (source_arn.split(":")[4],),
                "aws:sourcearn": (source_arn,),
                "aws:principalservicename": (service,),
                "aws:principalisawsservice": ("true",),
                **{f"kms:encryptioncontext:{name}": (value,) for name, value in (context or {}).items()},
            }
            who = Names(service=service, account=account)
            ask = Ask(who=who, action=action, resource=resource, resource_account=account, keys=keys)
            decision = evaluate(ask, Policies(resource=policies.resource_policy(resource)))
        if not decision.allowed:
            raise refuse(action.split(":")[0], service, action, resource, decision)

    def clients(self, role_arn: str, service: str, session: str, region: str, source_arn: str = "") -> Clients:
        """Clients to this very cloud that act in a role. Raises `CannotAssume`."""
        key = (self._gateway.endpoint, role_arn, service, session, region)
        with self._lock:
            made, clients = self._made.get(key, (0.0, None))
        if clients is None or machine_time() - made > SECONDS / 2:
            credentials = self.assume(role_arn, service, session, source_arn)
            account = role_arn.split(":")[4]
            clients = Clients.embedded(self._gateway.endpoint, region, account, credentials=credentials)
            with self._lock:
                self._made[key] = (machine_time(), clients)
        return clients


def session_name(text: str) -> str:
    """A text as the name of a session: AWS takes 64 characters, and only some."""
    return _SESSION.sub("-", text)[:64] or "session"


def _is_role(arn: str) -> bool:
    return len(arn.split(":")) == 6 and ":role/" in arn


# STS ----------------------------------------------------------------------------------------------------------------


def install(gateway: Gateway) -> None:
    """Answer for what STS tells about callers and issues to them, and for what was asked of IAM."""
    gateway.own["GET", "iam"] = lambda: report(gateway.iam)
    gateway.reports["iam"] = gateway.iam.count
    gateway.on_reset(gateway.iam.record.clear)
    gateway.instead("sts", "AssumeRole", lambda call: _assume_role(gateway, call))
    simulate.install(gateway)
    session_tokens.install(gateway)
    federation.install(gateway)
    gateway.instead("sts", "GetCallerIdentity", lambda call: _caller_identity(gateway, call))


def _caller_identity(gateway: Gateway, call: Call) -> dict[str, Any]:
    who = gateway.iam.identify_call(call)
    return {"UserId": principal_keys(who)["aws:userid"][0], "Account": who.account, "Arn": who.shown}


def _assume_role(gateway: Gateway, call: Call) -> dict[str, Any]:
    arn, session = call.params["RoleArn"], call.params["RoleSessionName"]
    who = gateway.iam.identify_call(call)
    with gateway.locked("iam"):
        role = policies.find_role(arn) if _is_role(arn) else None
        keys: Keys = {
            **place_keys(call.region, arn.split(":")[4] if role else ""),
            **principal_keys(who),
            **request_keys("sts", call.params),
        }
        found = Policies(
            identity=policies.identity_policies(who),
            boundary=policies.boundary_of(who),
            session=tuple(policies.session_policies(who)),
            resource=policies.trust_policy(role) if role else None,
            resource_decides=True,
        )
    owner = arn.split(":")[4] if role else who.account
    ask = Ask(who=who.names, action="sts:AssumeRole", resource=arn, resource_account=owner, keys=keys)
    decision = evaluate(ask, found)
    if gateway.iam.enforced and not decision.allowed:
        raise refuse("sts", who.shown, "sts:AssumeRole", arn, decision)
    if role is None:
        raise AwsError("AccessDenied", f"There is no role {arn}.", 403)
    seconds = call.params.get("DurationSeconds") or 3600
    with gateway.locked("iam"):
        given = policies.given_to_session(call.params, owner, policies.partition_of_arn(arn))
    tags = {each["Key"]: each["Value"] for each in call.params.get("Tags") or ()}
    credentials, ends = gateway.iam.sessions.issue(arn, session, seconds, policies=given, tags=tags)
    return {
        "Credentials": credentials.answered(ends),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session}",
            "Arn": f"arn:{policies.partition_of_arn(arn)}:sts::{owner}:assumed-role/{role.name}/{session}",
        },
        "PackedPolicySize": 0,
    }
