"""aws:cognito/userPool:UserPool."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._by_name import FoundByName
from mlops_iac.cloud.handlers._shapes import Converter, input_shape
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

_REFUSED: Final = frozenset(
    {"deviceConfiguration", "emailConfiguration", "emailMfaConfiguration", "emailVerificationMessage",
     "emailVerificationSubject", "lambdaConfig", "schemas", "signInPolicy", "smsAuthenticationMessage",
     "smsConfiguration", "smsVerificationMessage", "softwareTokenMfaConfiguration", "userAttributeUpdateSettings",
     "userPoolAddOns", "verificationMessageTemplate", "webAuthnConfiguration"}
)  # fmt: skip


class UserPool(FoundByName):
    """CreateUserPool, DescribeUserPool, UpdateUserPool, DeleteUserPool. Each pool signs its tokens with a key of its
    own. Users are made by AdminCreateUser and sign in by AdminInitiateAuth: what needs no signature of AWS's
    (InitiateAuth, SignUp) is refused as a stranger's request, and there is no hosted page. A second factor, mail,
    messages, Lambda triggers, own attributes and passkeys are refused."""

    type = "aws:cognito/userPool:UserPool"
    service = "cognito-idp"
    create_op, read_op = "CreateUserPool", "DescribeUserPool"
    update_op, delete_op = "UpdateUserPool", "DeleteUserPool"
    renames = {"name": "PoolName", "tags": "UserPoolTags"}
    extras = frozenset({"passwordPolicy"})
    ignores = {"userPoolTier": "Features of a tier are not told apart here."}
    name_limit, prefix_input = 128, ""
    replace_on = frozenset({"aliasAttributes", "usernameAttributes", "usernameConfiguration"})
    id_from = "id"
    key = {"UserPoolId": "id"}
    item = "UserPool"
    computed = {"id": "Id", "arn": "Arn", "creationDate": "CreationDate"}
    formats = {"endpoint": "cognito-idp.{region}.amazonaws.com/{id}"}
    refreshed = {"deletionProtection": "DeletionProtection"}
    tags = TagCalls(answer="UserPoolTags")

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop not in _REFUSED and super().honours(prop)

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        if inputs.get("mfaConfiguration", UNKNOWN) not in (UNKNOWN, "OFF"):
            raise NotEmulated(self.type, "mfaConfiguration", hint="nobody has a second device here: leave it OFF.")

    def listed(self, api: Api, inputs: Props) -> dict[str, str]:
        return {one["Id"]: one["Name"] for one in api("ListUserPools", MaxResults=60)["UserPools"]}

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**super().create_params(scope, inputs), **self._policies(inputs)}

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        """AWS takes what an update leaves out back to its default, so everything is said again."""
        again = self._params("UpdateUserPool", {name: inputs[name] for name in inputs if name != "tags"})
        return {**again, **self._policies(inputs), "UserPoolId": outputs["id"]}

    def _policies(self, inputs: Props) -> dict[str, Any]:
        policy = inputs.get("passwordPolicy")
        if not policy:
            return {}
        shape = input_shape(self.service, self.create_op).members["Policies"].members["PasswordPolicy"]
        return {"Policies": {"PasswordPolicy": Converter(self.type).convert(shape, policy, "passwordPolicy")}}
