"""Who may ask an API: by the policies of IAM, by a token of a user pool, or by nobody's name where a key is asked.

How an API's own policy and each way go together: "How API Gateway resource policies affect authorization workflow"
(API Gateway developer guide).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud import wire
from mlops_iac.cloud.apigateway.answers import Refused
from mlops_iac.cloud.apigateway.document import Route, read_policy
from mlops_iac.cloud.iam.callers import access_key_of
from mlops_iac.cloud.iam.context import place_keys, principal_keys
from mlops_iac.cloud.iam.documents import Document, Names
from mlops_iac.cloud.iam.evaluate import Policy
from mlops_iac.cloud.wire import AwsError

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

INVOKE = "execute-api:Invoke"


class Callers:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def check(self, environ: Mapping[str, Any], route: Route, policy: str, arn: str) -> dict[str, str]:
        """What the access log may say of who asks. Raises `Refused`."""
        own = read_policy(policy)
        if route.way == "iam":
            return self._by_iam(environ, own, arn)
        if own is not None:
            _check_anybody(own, arn)
        return self._by_token(environ, route) if route.way == "cognito" else {}

    def _by_iam(self, environ: Mapping[str, Any], own: Document | None, arn: str) -> dict[str, str]:
        iam, key, account = self._gateway.iam, access_key_of(environ), arn.split(":")[4]
        if not key:
            raise Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        try:
            who = iam.identify(environ, account, key)
        except AwsError as error:
            name = "ExpiredTokenException" if error.code == "ExpiredToken" else "UnrecognizedClientException"
            raise Refused(403, name, error.message) from error
        if who is None:
            words = "The security token included in the request is invalid."
            raise Refused(403, "UnrecognizedClientException", words)
        region = arn.split(":")[3]
        if wire.find_service(environ)[0] != "execute-api":
            words = "Credential should be scoped to correct service: 'execute-api'."
            raise Refused(403, "InvalidSignatureException", words)
        if iam.enforced:
            policy = Policy("the API's resource policy", own) if own else None
            keys = {**place_keys(region, account), **principal_keys(who)}
            with self._gateway.locked("iam"):
                decision = iam.decide(who, INVOKE, arn, keys, resource_policy=policy)
            if not decision.allowed:
                tail = " with an explicit deny" if decision.explicit else ""
                raise denied(who.shown, arn, tail)
        return {"identity.userArn": who.shown, "identity.accountId": who.account}

    def _by_token(self, environ: Mapping[str, Any], route: Route) -> dict[str, str]:
        token = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ").strip()
        claims = self._read_token(token, route.pools) if token else None
        if claims is None:
            raise Refused(401, "UnauthorizedException", "Unauthorized")
        if float(claims.get("exp", 0)) <= time.time():
            raise Refused(401, "UnauthorizedException", "The incoming token has expired")
        return {"authorizer.claims.sub": str(claims.get("sub", "-"))}

    def _read_token(self, token: str, pools: tuple[str, ...]) -> dict[str, Any] | None:
        """The claims of an identity token that one of the pools signed for one of its clients; None for any other."""
        for arn in pools:
            with self._gateway.locked("cognito-idp"):
                pool = _find_pool(self._gateway, arn)
                clients = set(pool.clients) if pool else set()
                key = pool.json_web_key if pool else None
            claims = _verified(token, key) if key is not None else None
            issuer = f"https://cognito-idp.{arn.split(':')[3]}.amazonaws.com/{arn.rsplit('/', 1)[-1]}"
            if claims and claims.get("iss") == issuer and claims.get("token_use") == "id":
                return claims if claims.get("aud") in clients else None
        return None


def denied(who: str, arn: str, tail: str = "") -> Refused:
    """AWS masks all but the last four digits of the account."""
    account = arn.split(":")[4]
    masked = arn.replace(account, "*" * 8 + account[-4:])
    words = f"User: {who} is not authorized to perform: {INVOKE} on resource: {masked}{tail}"
    return Refused(403, "AccessDeniedException", words, member="Message")


def _check_anybody(own: Document, arn: str) -> None:
    """Of who brings no signature the API's own policy alone decides, and must allow."""
    nobody, keys = Names(), place_keys(arn.split(":")[3], arn.split(":")[4])
    found = {one.effect for one in own.statements if one.names(nobody) and one.applies(INVOKE, arn, keys)}
    if "Deny" in found or "Allow" not in found:
        raise denied("anonymous", arn, " with an explicit deny" if "Deny" in found else "")


def _find_pool(gateway: Gateway, arn: str) -> Any:
    gateway.prepare("cognito-idp")
    from moto.cognitoidp.models import cognitoidp_backends

    parts = arn.split(":")
    return cognitoidp_backends[parts[4]][parts[3]].user_pools.get(arn.rsplit("/", 1)[-1])


def _verified(token: str, key: Any) -> dict[str, Any] | None:
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        return dict(jwt.decode(token, key, algorithms=["RS256"]).claims)
    except (JoseError, ValueError):
        return None
