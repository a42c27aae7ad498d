"""Cognito: each user pool signs with a key of its own, has tags, and is not deleted where it is protected.

moto's pools all sign with one key, which lies in moto's package for everybody to read; with it anybody's token would be
taken. The key is kept with the pool, sealed as all of the cloud's state is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_KEPT: Final = "signing_key"
_BITS: Final = 2048


def apply(gateway: Gateway) -> None:
    gateway.when_used("cognito-idp", _patch)
    gateway.instead("cognito-idp", "TagResource", lambda call: _tag(gateway, call))
    gateway.instead("cognito-idp", "UntagResource", lambda call: _untag(gateway, call))
    gateway.before("cognito-idp", "DeleteUserPool", lambda call: _check_protection(gateway, call))


def _patch() -> None:
    from moto.cognitoidp.models import CognitoIdpUserPool

    def get(pool: Any) -> Any:
        from joserfc.jwk import RSAKey

        kept = pool.__dict__
        if _KEPT not in kept:
            kept[_KEPT] = RSAKey.generate_key(_BITS).as_pem(private=True)
        return RSAKey.import_key(kept[_KEPT])

    CognitoIdpUserPool.json_web_key = property(get, lambda pool, key: None)


def _tag(gateway: Gateway, call: Call) -> dict[str, Any]:
    """moto has no tags but those that a pool is made with."""
    with gateway.locked("cognito-idp"):
        said = _pool(call, call.params["ResourceArn"].rsplit("/", 1)[-1]).extended_config
        said["UserPoolTags"] = {**(said.get("UserPoolTags") or {}), **call.params["Tags"]}
    return {}


def _untag(gateway: Gateway, call: Call) -> dict[str, Any]:
    with gateway.locked("cognito-idp"):
        said = _pool(call, call.params["ResourceArn"].rsplit("/", 1)[-1]).extended_config
        kept = said.get("UserPoolTags") or {}
        said["UserPoolTags"] = {name: value for name, value in kept.items() if name not in call.params["TagKeys"]}
    return {}


def _check_protection(gateway: Gateway, call: Call) -> None:
    with gateway.locked("cognito-idp"):
        protected = _pool(call, call.params["UserPoolId"]).extended_config.get("DeletionProtection") == "ACTIVE"
    if protected:
        raise AwsError(
            "InvalidParameterException",
            "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be "
            "inactivated first.",
        )


def _pool(call: Call, id: str) -> Any:
    from moto.cognitoidp.models import cognitoidp_backends

    pool = cognitoidp_backends[call.account_id][call.region].user_pools.get(id)
    if pool is None:
        raise AwsError("ResourceNotFoundException", f"User pool {id} does not exist.")
    return pool
