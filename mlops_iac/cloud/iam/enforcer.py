"""Before a request is answered: who asks, what it needs, whether all of it is allowed."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud import wire
from mlops_iac.cloud.iam import denial, policies, vectors, warehouse
from mlops_iac.cloud.iam.callers import SESSION_KEY, Principal, Sessions, access_key_of, is_form, person, token_of
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.context import Context, place_keys, principal_keys, request_keys
from mlops_iac.cloud.iam.evaluate import Ask, Decision, Policies, Policy, evaluate
from mlops_iac.cloud.iam.keys import key_uses
from mlops_iac.cloud.iam.parameters import prepared
from mlops_iac.cloud.iam.passing import passed_roles
from mlops_iac.cloud.iam.record import Question, Record
from mlops_iac.cloud.iam.requirements import Place, UnknownOperation, requirements
from mlops_iac.cloud.iam.resolving import key_arn, resolver
from mlops_iac.cloud.iam.session_tokens import check_session
from mlops_iac.cloud.iam.strangers import refusal
from mlops_iac.cloud.iam.tags import resource_tags
from mlops_iac.cloud.wire import AwsError, Call, Request

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud.iam")

_NEVER_READ = frozenset({"PutObject", "UploadPart"})
"""S3's uploads: their parameters are in the path and the headers, so the body is not looked at."""

Wanted = list[tuple[str, str, Keys]]
"""Action, resource, and the condition keys of this one."""


class Enforcer:
    """IAM of one cloud. ``enforced`` is False when the cloud was started without it: callers are known all the same."""

    def __init__(self, gateway: Gateway, *, enforced: bool = True) -> None:
        self.enforced = enforced
        self.record = Record()
        self.sessions = Sessions(gateway.token)
        self._gateway = gateway

    def locked(self) -> AbstractContextManager[None]:
        """Hold moto still while policies are read."""
        return self._gateway.locked("iam")

    def identify(self, environ: Mapping[str, Any], account: str, key: str) -> Principal | None:
        """Who signed a request with an access key: the one place that says whose it is. None for a stranger.

        Raises `AwsError` for a session that was made up or has expired.
        """
        if hmac.compare_digest(key.encode(), self._gateway.token.owner.access_key.encode()):
            return person(account)
        if key.startswith(SESSION_KEY):
            return self.sessions.read(token_of(environ))
        with self.locked():
            return policies.find_user(key) if key else None

    def identify_call(self, call: Call) -> Principal:
        """Who made a call that is being answered."""
        names = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in call.headers.items()}
        who = self.identify(names, call.account_id, access_key_of(names))
        if who is None:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        return who

    def count(self) -> dict[str, Any]:
        """For ``cloud status``: whether rights are enforced, and how many distinct requests were refused."""
        return {"enforced": self.enforced, "refused": len(self.record.shown()["refused"])}

    def check_head(self, environ: Mapping[str, Any], account: str) -> None:
        """Refuse a stranger by the head of a request. A browser's form tells in its body whose it is."""
        key = access_key_of(environ)
        if not key and is_form(environ):
            return
        if self.identify(environ, account, key) is None:
            raise refusal(wire.read_head(environ), key)

    def authorise(self, request: Request, account: str) -> str:
        """Refuse a request that its caller may not make; answers the account in which the caller acts.

        Raises `AwsError` with AWS's code and words.
        """
        key = access_key_of(request.environ, request.body)
        principal = self.identify(request.environ, account, key)
        if principal is None:
            raise refusal(request, key)
        check_session(principal, request.service or "", request.operation or "")
        if self.enforced and (principal.kind != "person" or principal.federated or self._is_guarded(request)):
            self._check(principal, request)
        return principal.account

    def demand(self, service: str, principal: Principal, action: str, resource: str, keys: Keys) -> None:
        """Raise `AwsError`, in a service's form, when something is not allowed. The caller holds the lock."""
        decision = self.decide(principal, action, resource, keys)
        if not decision.allowed:
            error = denial.refuse(service, principal.shown, action, resource, decision)
            log.warning("%s%s", error.message, f" ({decision.policy})" if decision.policy else "")
            raise error

    def demand_of(self, call: Call, action: str, resources: Sequence[str]) -> None:
        """What a call needs on a resource that only its service can tell: any of these will do. Raises `AwsError`."""
        who = self.identify_call(call)
        if not self.enforced or (who.kind == "person" and not who.federated):
            return
        keys = {
            **place_keys(call.region, who.account),
            **principal_keys(who),
            **request_keys(call.service, call.params),
        }
        with self.locked():
            allowed = (one for one in resources if evaluate(*self.question(who, action, one, keys)).allowed)
            self.demand(call.service, who, action, next(allowed, resources[0]), keys)

    def decide(
        self,
        principal: Principal,
        action: str,
        resource: str,
        keys: Keys,
        *,
        resource_policy: Policy | None = None,
    ) -> Decision:
        """One question, answered from the policies as they are now and recorded. The caller holds the lock.

        ``resource_policy``: the resource's own, where whoever asks knows it and `policies` does not.
        """
        ask, found = self.question(principal, action, resource, keys)
        found = replace(found, resource=resource_policy) if resource_policy else found
        decision = evaluate(ask, found)
        if principal.kind == "person" and decision.allowed:
            return decision  # what the administrator may do says nothing about anybody's rights
        self.record.add(
            Question(
                principal=principal,
                action=action,
                resource=resource,
                resource_account=ask.resource_account,
                keys=dict(keys) if not isinstance(keys, Context) else keys.keys_given,
                decision=decision,
            )
        )
        return decision

    def question(self, principal: Principal, action: str, resource: str, keys: Keys) -> tuple[Ask, Policies]:
        """A question with the policies that speak about it. The caller holds the lock."""
        owner = policies.account_of(resource, principal.account)
        ask = Ask(who=principal.names, action=action, resource=resource, resource_account=owner, keys=keys)
        resource_policy = policies.resource_policy(resource) or vectors.bucket_policy(resource, self._gateway.store)
        found = Policies(
            identity=policies.identity_policies(principal),
            boundary=policies.boundary_of(principal),
            session=tuple(policies.session_policies(principal)),
            resource=resource_policy,
            resource_decides=resource_policy is not None and resource.split(":")[2] == "kms",
            granted=policies.is_granted(principal, action, resource, keys),
        )
        return ask, found

    def _is_guarded(self, request: Request) -> bool:
        """Whether a request is about what gives administrators no right by their own policies: a bucket with a policy,
        whose denials are for them too, and signing with a key of KMS, which its policy alone may keep for others."""
        if request.service == "kms":
            return request.operation == "Sign"
        if request.service != "s3" or request.operation is None:
            return False
        with self.locked():
            bucket = policies.find_bucket(request.environ["PATH_INFO"].lstrip("/").split("/", 1)[0])
        return bucket is not None and bucket.policy is not None

    # Inside ---------------------------------------------------------------------------------------------------------

    def _check(self, principal: Principal, request: Request) -> None:
        if request.service is None or request.operation is None:
            raise self._gap(principal, request, f"{request.service or 's3'}:{request.operation or 'this request'}")
        call = wire.parse(request, principal.account, with_body=request.operation not in _NEVER_READ)
        with self.locked():
            try:
                wanted = self._wanted(principal, call)
            except UnknownOperation as unknown:
                raise self._gap(principal, request, str(unknown)) from unknown
            for action, resource, keys in wanted:
                self.demand(call.service, principal, action, resource, keys)

    def _wanted(self, principal: Principal, call: Call) -> Wanted:
        """Everything that a call needs: its own actions, the roles it passes, the keys that are used for it."""
        place = Place(partition=policies.partition_of_arn(principal.arn), region=call.region, account=call.account_id)
        given = prepared(call.service, call.params)
        basis = {
            **place_keys(call.region, principal.account),
            **principal_keys(principal),
            **request_keys(call.service, given),
        }
        found: Wanted = []
        resolve = resolver(place, self._gateway.store)
        needs = list(requirements(call.service, call.operation, call.params, place, resolve))
        if call.service == "redshift-data":
            needs += warehouse.needs(call.operation, call.params, place, self._gateway.store)
        for need in needs:
            tags = resource_tags(need.resource)
            found.append((need.action, need.resource, Context(basis, tags)))
        for role, service in passed_roles(call.service, call.operation, call.params):
            found.append(("iam:PassRole", role, {**basis, "iam:passedtoservice": (service,)}))
        uses = key_uses(call.service, call.operation, given, place)
        if call.service == "s3vectors":
            uses += vectors.key_uses(call.operation, given, place, self._gateway.store)
        for use in uses:
            found.append((use.action, key_arn(use.key, place), {**basis, **use.keys(place.region, place.account)}))
        return found

    def _gap(self, principal: Principal, request: Request, what: str) -> AwsError:
        """A role is never let through because we do not know what a request needs."""
        text = (
            f"User: {principal.shown} is not authorized to perform: {what} because the embedded cloud does not know "
            "which permissions it needs"
        )
        log.warning(text)
        code, status = denial.code_of(request.service or "s3")
        return AwsError(code, text, status)
