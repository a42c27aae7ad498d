"""aws:cognito/userPoolClient:UserPoolClient."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._by_name import FoundByName
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

_REFUSED: Final = frozenset(
    {"allowedOauthFlows", "allowedOauthFlowsUserPoolClient", "allowedOauthScopes", "analyticsConfiguration",
     "callbackUrls", "defaultRedirectUri", "enablePropagateAdditionalUserContextData", "logoutUrls",
     "refreshTokenRotation", "supportedIdentityProviders"}
)  # fmt: skip


class UserPoolClient(FoundByName):
    """CreateUserPoolClient, DescribeUserPoolClient, UpdateUserPoolClient, DeleteUserPoolClient. Its identity tokens are
    taken by APIs; they last an hour whatever is asked. OAuth's flows, hosted pages and other providers are refused."""

    type = "aws:cognito/userPoolClient:UserPoolClient"
    service = "cognito-idp"
    create_op, read_op = "CreateUserPoolClient", "DescribeUserPoolClient"
    update_op, delete_op = "UpdateUserPoolClient", "DeleteUserPoolClient"
    renames = {"name": "ClientName"}
    required = frozenset({"userPoolId"})
    ignores = {
        "accessTokenValidity": "Tokens last an hour here.",
        "idTokenValidity": "Tokens last an hour here.",
        "refreshTokenValidity": "Refresh tokens last here until they are revoked.",
        "tokenValidityUnits": "Tokens last an hour here.",
    }
    name_limit, prefix_input = 128, ""
    replace_on = frozenset({"generateSecret", "userPoolId"})
    id_from = "id"
    key = {"UserPoolId": "userPoolId", "ClientId": "id"}
    item = "UserPoolClient"
    computed = {"id": "ClientId", "clientSecret": "ClientSecret"}
    refreshed = {"explicitAuthFlows": "ExplicitAuthFlows"}
    secret_outputs = frozenset({"clientSecret"})

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop not in _REFUSED and super().honours(prop)

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"generateSecret", "region", "userPoolId"}

    def listed(self, api: Api, inputs: Props) -> dict[str, str]:
        there = api("ListUserPoolClients", UserPoolId=inputs["userPoolId"], MaxResults=60)["UserPoolClients"]
        return {one["ClientId"]: one["ClientName"] for one in there}

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        return {**self._params("UpdateUserPoolClient", inputs), **self._keys(self.key, outputs)}
