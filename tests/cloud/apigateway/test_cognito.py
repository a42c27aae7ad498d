"""An API for people of a user pool: whose tokens it takes, and which not."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tests.cloud.apigateway.conftest import Lab

PASSWORD = "Correct-horse-9-battery"
UNAUTHORIZED = (401, {"message": "Unauthorized"})


class People:
    """A pool, one person in it, and an API for them."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.idp = lab, lab.clients("cognito-idp")
        pool = self.idp.create_user_pool(PoolName="people")["UserPool"]
        self.pool = pool["Id"]
        flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        client = self.idp.create_user_pool_client(UserPoolId=self.pool, ClientName="app", ExplicitAuthFlows=flows)
        self.client = client["UserPoolClient"]["ClientId"]
        self.idp.admin_create_user(UserPoolId=self.pool, Username="ada")
        self.idp.admin_set_user_password(UserPoolId=self.pool, Username="ada", Password=PASSWORD, Permanent=True)
        self.api = lab.make_api(auth="cognito", user_pool_arn=pool["Arn"])

    def sign_in(self) -> dict[str, Any]:
        found: dict[str, Any] = self.idp.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        return found

    def ask(self, token: str) -> tuple[int, Any]:
        answer = self.lab.ask(self.api, headers={"Authorization": token} if token else {})
        return answer.status, answer.body


@pytest.fixture(scope="module")
def people(lab: Lab) -> People:
    return People(lab)


def test_an_identity_token_lets_in(people: People) -> None:
    token = people.sign_in()["IdToken"]
    assert people.ask(token)[0] == 200
    assert people.ask(f"Bearer {token}")[0] == 200


def test_no_token_and_an_access_token_do_not(people: People) -> None:
    assert people.ask("") == UNAUTHORIZED
    assert people.ask("nonsense") == UNAUTHORIZED
    assert people.ask(people.sign_in()["AccessToken"]) == UNAUTHORIZED


def test_a_token_of_another_pool_does_not(lab: Lab, people: People) -> None:
    assert people.ask(People(lab).sign_in()["IdToken"]) == UNAUTHORIZED


def test_a_token_that_somebody_changed_does_not(people: People) -> None:
    head, claims, signature = people.sign_in()["IdToken"].split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**said, "exp": said["exp"] + 9}).encode()).decode().rstrip("=")
    assert people.ask(f"{head}.{forged}.{signature}") == UNAUTHORIZED


def test_a_token_signed_with_motos_public_key_does_not(people: People) -> None:
    from joserfc import jwt
    from joserfc.jwk import RSAKey
    from moto.utilities.utils import load_resource

    _, claims, _ = people.sign_in()["IdToken"].split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    key = RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
    assert people.ask(jwt.encode({"alg": "RS256", "kid": "dummy"}, said, key)) == UNAUTHORIZED


def test_a_token_of_a_client_that_is_gone_does_not(lab: Lab) -> None:
    people = People(lab)
    token = people.sign_in()["IdToken"]
    people.idp.delete_user_pool_client(UserPoolId=people.pool, ClientId=people.client)
    assert people.ask(token) == UNAUTHORIZED


def test_a_token_that_has_expired_is_told_so(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    token, later = people.sign_in()["IdToken"], time.time() + 3601
    monkeypatch.setattr("mlops_iac.cloud.apigateway.callers.time.time", lambda: later)
    assert people.ask(token) == (401, {"message": "The incoming token has expired"})


def test_a_pool_that_is_protected_is_not_deleted(lab: Lab) -> None:
    idp = lab.clients("cognito-idp")
    pool = idp.create_user_pool(PoolName="kept", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    with pytest.raises(idp.exceptions.InvalidParameterException, match="deletion protection is activated"):
        idp.delete_user_pool(UserPoolId=pool)
