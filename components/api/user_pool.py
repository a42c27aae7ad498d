"""People who may ask an API, and how they sign in: a Cognito user pool that nobody enters by himself."""

from __future__ import annotations

from typing import Any, Final

from pulumi_aws.cognito import UserPool, UserPoolClient

from mlops_iac.components._kit import Component

PASSWORDS: Final = {
    "minimum_length": 14,
    "require_lowercase": True,
    "require_numbers": True,
    "require_symbols": True,
    "require_uppercase": True,
    "temporary_password_validity_days": 1,
}
FLOWS: Final = ("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")
"""How people sign in: no password travels, but from whoever has rights in the account."""


def make_user_pool(owner: Component) -> UserPool:
    """The child ``user_pool``. An administrator lets people in; deletion is guarded where the environment is."""
    props: dict[str, Any] = {
        "admin_create_user_config": {"allow_admin_create_user_only": True},
        "account_recovery_setting": {"recovery_mechanisms": [{"name": "admin_only", "priority": 1}]},
        "deletion_protection": "ACTIVE" if owner.site.protected else "INACTIVE",
        "mfa_configuration": "OFF",
        "password_policy": PASSWORDS,
        "username_configuration": {"case_sensitive": False},
    }
    return owner.make("user_pool", UserPool, props, called=owner.place.name)


def make_client(owner: Component, pool: UserPool) -> UserPoolClient:
    """The child ``client``: by which people sign in. It has no secret, which an application could not keep."""
    props = {
        "user_pool_id": pool.id,
        "explicit_auth_flows": list(FLOWS),
        "enable_token_revocation": True,
        "generate_secret": False,
        "prevent_user_existence_errors": "ENABLED",
    }
    return owner.make("client", UserPoolClient, props, called=owner.place.name)
