"""An API before an endpoint, as a team has it: asked by each way in, changed from each to each, and taken away."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from mlops_iac.core import exit_codes
from mlops_iac.core.api_address import address_of
from mlops_iac.runs.api_refusals import TOKEN
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

QUICK = """
extends: training
steps:
  deploy: {poll_seconds: 1}
"""
ASK = ("predict", "tiny-dev", "--data", "rows.json", "--through", "api")
PASSWORD = "Correct-horse-9-battery"


class Team(TinyEnvironment):
    """The environment, and how its API is asked."""

    def __init__(self, made: TinyEnvironment) -> None:
        super().__init__(made.folder)

    def become(self, api: str) -> None:
        """Another answer to the question of the API, deployed; nothing is left to do."""
        file = self.folder / "stacks/Pulumi.tiny-dev.yaml"
        file.write_text(re.sub(r"^    api: .*\n", f"    api: {api}\n", file.read_text(), flags=re.MULTILINE))
        self.run("up", "tiny-dev", "--yes")
        left = json.loads(self.run("preview", "tiny-dev", "--json"))["changeSummary"]
        assert set(left) == {"same"}, left

    @property
    def api(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("outputs", "tiny-dev", "--json"))["apis"]["main"]
        return found

    def key(self, application: str) -> str:
        gateway = self.cloud.clients("eu-west-1")("apigateway")
        value: str = gateway.get_api_key(apiKey=self.api["keys"][application], includeValue=True)["value"]
        return value

    def ask(self, headers: dict[str, str]) -> tuple[int, Any]:
        """As an application that has no AWS credentials."""
        clients = self.cloud.clients("eu-west-1")
        parts = urlsplit(address_of(self.api["url"], clients.endpoint))
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        given = {"Content-Type": "application/json", **headers}
        connection.request("POST", parts.path, (self.folder / "rows.json").read_bytes(), given)
        said = connection.getresponse()
        return said.status, json.loads(said.read())


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("api") / "project"
    pipelines = {"training": QUICK}
    options = "api: {auth: iam}\n"
    with tiny_environment(folder, "step-functions", pipelines, blueprint="realtime-inference", options=options) as made:
        team = Team(made)
        team.run("run", "tiny-dev", "training", "--follow")
        yield team


def test_whom_iam_allows_it_is_answered(team: Team) -> None:
    assert json.loads(team.run(*ASK, "--json")) == {"predictions": [5.0]}
    assert team.ask({}) == (403, {"message": "Missing Authentication Token"})
    services = json.loads(team.run("outputs", "tiny-dev", "--json"))["services"]
    assert services["prediction-serving"]["endpoint"] == team.api["url"]


def test_what_a_request_says_wrong_is_told_with_what_to_do(team: Team) -> None:
    (team.folder / "wrong.json").write_text('{"columns": []}')
    told = team.refused(
        "predict",
        "tiny-dev",
        "--data",
        "wrong.json",
        "--through",
        "api",
        code=exit_codes.ERROR,
        says=("Model failed",),
    )
    assert "answered 424" in told
    (team.folder / "large.json").write_text("[" + "1," * 5_300_000 + "1]")
    team.refused("predict", "tiny-dev", "--data", "large.json", "--through", "api", code=exit_codes.CONFIGURATION,
                 says=("10,485,760",))  # fmt: skip


def test_applications_have_a_key_each_and_one_that_is_taken_away_lets_nobody_in(team: Team) -> None:
    team.become("{auth: api-key, applications: [shop, desk], quota: {requests: 1000}}")
    shop = team.key("shop")
    assert team.ask({"x-api-key": shop})[0] == 200
    assert json.loads(team.run(*ASK, "--application", "desk", "--json")) == {"predictions": [5.0]}
    team.refused(*ASK, code=exit_codes.CONFIGURATION, says=("desk, shop",))
    for file in (team.folder / ".mlops-iac").rglob("*"):
        if file.is_file():
            assert shop.encode() not in file.read_bytes(), f"the key is in clear in {file.name}"
    assert shop not in team.run("outputs", "tiny-dev", "--json") + team.run("preview", "tiny-dev", "--diff")
    team.become("{auth: api-key, applications: [desk], quota: {requests: 1000}}")
    assert team.ask({"x-api-key": shop}) == (403, {"message": "Forbidden"})
    assert team.ask({"x-api-key": team.key("desk")})[0] == 200


def test_people_of_a_pool_come_in_by_a_token_until_it_expires(team: Team) -> None:
    team.become("{auth: cognito}")
    api, idp = team.api, team.cloud.clients("eu-west-1")("cognito-idp")
    idp.admin_create_user(UserPoolId=api["user_pool_id"], Username="ada")
    idp.admin_set_user_password(UserPoolId=api["user_pool_id"], Username="ada", Password=PASSWORD, Permanent=True)
    signed_in = idp.admin_initiate_auth(
        UserPoolId=api["user_pool_id"],
        ClientId=api["client_id"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    team.refused(*ASK, code=exit_codes.CONFIGURATION, says=(TOKEN,))
    token = {TOKEN: signed_in["IdToken"]}
    assert json.loads(team.run(*ASK, "--json", env=token)) == {"predictions": [5.0]}
    wrong = {TOKEN: signed_in["AccessToken"]}
    team.refused(*ASK, code=exit_codes.ERROR, says=("lets nobody in", "identity token"), env=wrong)
    team.run("cloud", "advance", "2h")
    team.refused(*ASK, code=exit_codes.ERROR, says=("The incoming token has expired",), env=token)


@pytest.mark.nightly
def test_each_way_becomes_each_other_and_none(team: Team) -> None:
    address = team.api["url"]
    for api in ("{auth: iam}", "{auth: api-key}", "{auth: iam, sources: [127.0.0.0/8]}", "{auth: cognito}",
                "{auth: api-key}", "{auth: iam}"):  # fmt: skip
        team.become(api)
        assert team.api["url"] == address
    assert json.loads(team.run(*ASK, "--json")) == {"predictions": [5.0]}
    team.become("null")
    team.refused(*ASK, code=exit_codes.CONFIGURATION, says=("Nothing stands before",))
    done = json.loads(team.run("destroy", "tiny-dev", "--yes", "--json"))
    assert set(done["changeSummary"]) == {"delete"}
