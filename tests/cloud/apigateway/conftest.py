"""An API on an embedded cloud in this process, before an endpoint that answers what a test wants."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from mlops_iac.clients import Clients
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.components.api.document import Said, document
from mlops_iac.core.api_address import address_of
from tests.cloud.conftest import REGION, Cloud

ACCOUNT = "123456789012"
ENDPOINT = "tiny-dev-endpoint"
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{ENDPOINT}"


@dataclass
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        return str(self.body.get("message") or self.body.get("Message"))

    @property
    def kind(self) -> str:
        return self.headers.get("x-amzn-errortype", "")


@dataclass
class Model:
    """What the endpoint says, and what it was asked."""

    fault: AwsError | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, call: Call) -> dict[str, Any]:
        self.asked.append(call.params)
        if self.fault:
            raise self.fault
        return {"Body": b'{"predictions": [1]}', "ContentType": "application/json", "InvokedProductionVariant": "main"}


class Lab:
    """Makes APIs and asks them."""

    def __init__(self, cloud: Cloud, model: Model) -> None:
        self.cloud, self.model = cloud, model
        self.clients = cloud.clients()
        self.role = self.make_role("api", "apigateway.amazonaws.com", "sagemaker:InvokeEndpoint", ARN)

    def make_role(self, name: str, service: str, action: str = "", on: str = "") -> str:
        iam = self.clients("iam")
        trust = [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        if action:
            allowed = _policy([{"Effect": "Allow", "Action": action, "Resource": on}])
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=allowed)
        return arn

    def make_api(self, **said: Any) -> str:
        """An API with one stage, ``live``; answers its id."""
        api = self.clients("apigateway")
        id: str = api.create_rest_api(name="tiny-dev-api", endpointConfiguration={"types": ["REGIONAL"]})["id"]
        self.define(id, **said)
        api.create_stage(restApiId=id, stageName="live", deploymentId=self.deploy(id))
        return id

    def define(self, id: str, **said: Any) -> None:
        usual: dict[str, Any] = {"auth": "iam", "endpoint": ENDPOINT, "role_arn": self.role, "accounts": (ACCOUNT,)}
        place: dict[str, Any] = {"title": "tiny-dev-api", "region": REGION, "partition": "aws", "timeout_ms": 29_000}
        body = document(Said(**{**usual, **place, **said}))
        self.clients("apigateway").put_rest_api(restApiId=id, mode="overwrite", body=json.dumps(body).encode())

    def deploy(self, id: str) -> str:
        return str(self.clients("apigateway").create_deployment(restApiId=id)["id"])

    def url(self, id: str, path: str = "/live/predict") -> str:
        return address_of(f"https://{id}.execute-api.{REGION}.amazonaws.com{path}", self.cloud.endpoint)

    def ask(
        self,
        id: str,
        *,
        clients: Clients | None = None,
        path: str = "/live/predict",
        body: bytes = b"[[1]]",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """``clients``: who signs; nobody when left out."""
        url, given = self.url(id, path), {"Content-Type": "application/json", "Accept": "text/csv", **(headers or {})}
        if clients is not None:
            given = clients.signed("execute-api", "POST", url, given, body)
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request("POST", parts.path, body, given)
        said = connection.getresponse()
        found = {name.lower(): value for name, value in said.getheaders()}
        return Answer(said.status, json.loads(said.read()), found)


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


@pytest.fixture(scope="module")
def lab(start_cloud: Callable[..., Cloud], model: Model) -> Lab:
    cloud = start_cloud()
    cloud.gateway.iam.enforced = True
    cloud.gateway.instead("sagemaker-runtime", "InvokeEndpoint", model.invoke)
    return Lab(cloud, model)


@pytest.fixture(autouse=True)
def quiet(model: Model) -> None:
    model.fault = None
    model.asked.clear()
