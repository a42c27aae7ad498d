"""An API that IAM guards: who signs, with which rights, from where; and what its document and deployment say."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud.wire import AwsError
from tests.cloud.apigateway.conftest import ACCOUNT, ENDPOINT, Lab, Model
from tests.cloud.conftest import REGION

SAGEMAKER = "sagemaker.amazonaws.com"


@pytest.fixture(scope="module")
def api(lab: Lab) -> str:
    return lab.make_api()


def acting(lab: Lab, name: str, action: str = "", on: str = "") -> Clients:
    role = lab.make_role(name, SAGEMAKER, action, on)
    return lab.cloud.gateway.roles.clients(role, SAGEMAKER, "App", REGION)


def arn_of(api: str, path: str = "live/POST/predict") -> str:
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{path}"


def test_who_may_is_answered_by_the_endpoint(lab: Lab, api: str, model: Model) -> None:
    caller = acting(lab, "caller", "execute-api:Invoke", arn_of(api))
    answer = lab.ask(api, clients=caller)
    assert (answer.status, answer.body) == (200, {"predictions": [1]})
    assert answer.headers["content-type"] == "application/json"
    (asked,) = model.asked
    assert (asked["EndpointName"], asked["Body"], asked["ContentType"], asked["Accept"]) == (
        ENDPOINT, b"[[1]]", "application/json", "text/csv",
    )  # fmt: skip


def test_who_may_not_is_told_in_awss_words(lab: Lab, api: str, model: Model) -> None:
    answer = lab.ask(api, clients=acting(lab, "stranger"))
    assert (answer.status, answer.kind) == (403, "AccessDeniedException")
    assert answer.body == {
        "Message": "User: arn:aws:sts::123456789012:assumed-role/stranger/App is not authorized to perform: "
        f"execute-api:Invoke on resource: arn:aws:execute-api:{REGION}:********9012:{api}/live/POST/predict"
    }
    assert not model.asked


def test_a_right_on_another_api_is_none_on_this_one(lab: Lab, api: str) -> None:
    other = lab.make_api()
    caller = acting(lab, "caller-of-another", "execute-api:Invoke", arn_of(other))
    assert lab.ask(other, clients=caller).status == 200
    assert lab.ask(api, clients=caller).status == 403


def test_a_request_that_nobody_signed_is_refused(lab: Lab, api: str) -> None:
    answer = lab.ask(api)
    assert (answer.status, answer.body, answer.kind) == (
        403, {"message": "Missing Authentication Token"}, "MissingAuthenticationTokenException",
    )  # fmt: skip


def test_keys_that_this_cloud_does_not_know_are_refused(lab: Lab, api: str) -> None:
    stranger = Clients.embedded(lab.cloud.endpoint, REGION, credentials=Credentials("AKIASTRANGER00000000", "x" * 40))
    answer = lab.ask(api, clients=stranger)
    assert (answer.status, answer.kind) == (403, "UnrecognizedClientException")
    assert answer.words == "The security token included in the request is invalid."


def test_a_path_that_is_not_there_is_told_as_aws_does(lab: Lab, api: str) -> None:
    assert lab.ask(api, clients=lab.clients, path="/live/other").words == "Missing Authentication Token"
    assert lab.ask(api, clients=lab.clients, path="/dead/predict").body == {"message": "Forbidden"}
    assert lab.ask("nosuchapi0", clients=lab.clients).body == {"message": "Forbidden"}


def test_a_body_of_more_than_ten_megabytes_is_refused_before_it_is_read(lab: Lab, api: str, model: Model) -> None:
    answer = lab.ask(api, clients=lab.clients, body=b"1" * (10 * 1024 * 1024 + 1))
    assert (answer.status, answer.words) == (413, "HTTP content length exceeded 10485760 bytes.")
    assert not model.asked


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (AwsError("ModelError", "it raised: secret", 424), 424, "The model failed at this request."),
        (AwsError("ValidationError", "no such endpoint", 400), 400, "The model's endpoint did not take the request."),
        (AwsError("AccessDeniedException", "role/x may not", 403), 500, "Internal server error"),
        (AwsError("ServiceUnavailable", "later", 503), 502, "The model's endpoint failed."),
    ],
)
def test_what_sagemaker_says_of_itself_reaches_no_caller(
    lab: Lab, api: str, model: Model, fault: AwsError, status: int, words: str
) -> None:
    model.fault = fault
    answer = lab.ask(api, clients=lab.clients)
    assert (answer.status, answer.body) == (status, {"message": words})


def test_without_the_right_of_its_role_the_api_reaches_no_endpoint(lab: Lab, model: Model) -> None:
    role = lab.make_role("api-without-rights", "apigateway.amazonaws.com")
    answer = lab.ask(lab.make_api(role_arn=role), clients=lab.clients)
    assert (answer.status, model.asked) == (500, [])


def test_a_role_that_api_gateway_may_not_assume_answers_nobody(lab: Lab) -> None:
    answer = lab.ask(lab.make_api(role_arn=lab.make_role("not-of-apis", SAGEMAKER)), clients=lab.clients)
    assert (answer.status, answer.kind, answer.words) == (
        500, "InternalServerErrorException", "Internal server error",
    )  # fmt: skip


def test_calls_from_elsewhere_are_denied_to_everybody(lab: Lab) -> None:
    answer = lab.ask(lab.make_api(sources=("203.0.113.0/24",)), clients=lab.clients)
    assert answer.status == 403
    assert answer.words.endswith("with an explicit deny")
    assert lab.ask(lab.make_api(sources=("127.0.0.0/8",)), clients=lab.clients).status == 200


def test_a_change_is_served_once_it_is_deployed(lab: Lab) -> None:
    api, gateway = lab.make_api(), lab.clients("apigateway")
    lab.define(api, sources=("203.0.113.0/24",))
    assert lab.ask(api, clients=lab.clients).status == 200
    deployment = lab.deploy(api)
    assert lab.ask(api, clients=lab.clients).status == 200
    change = [{"op": "replace", "path": "/deploymentId", "value": deployment}]
    gateway.update_stage(restApiId=api, stageName="live", patchOperations=change)
    assert lab.ask(api, clients=lab.clients).status == 403


def test_a_deployment_that_a_stage_serves_stays(lab: Lab, api: str) -> None:
    gateway = lab.clients("apigateway")
    served = gateway.get_stage(restApiId=api, stageName="live")["deploymentId"]
    with pytest.raises(ClientError, match="Active stages pointing to this deployment"):
        gateway.delete_deployment(restApiId=api, deploymentId=served)


def test_what_a_document_says_and_nobody_serves_is_refused(lab: Lab, api: str) -> None:
    gateway = lab.clients("apigateway")
    for body, words in (
        (
            b'{"openapi": "3.0.1", "paths": {"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}}',
            "mock",
        ),
        (b'{"openapi": "3.0.1", "paths": {"/{id}": {}}}', "a path with parameters"),
        (b'{"openapi": "3.0.1", "paths": {}, "x-amazon-apigateway-cors": {}}', "x-amazon-apigateway-cors"),
    ):
        with pytest.raises(ClientError, match=words):
            gateway.put_rest_api(restApiId=api, mode="overwrite", body=body)
    with pytest.raises(ClientError, match=r"variables.*fills no stage variables"):
        gateway.create_stage(restApiId=api, stageName="x", deploymentId=lab.deploy(api), variables={"a": "b"})
    with pytest.raises(ClientError, match="does not offer apigateway:CreateResource"):
        gateway.create_resource(restApiId=api, parentId="x", pathPart="y")


def test_each_request_is_counted_and_timed(lab: Lab) -> None:
    api = lab.make_api()
    told: list[Any] = []
    lab.cloud.gateway.on_news(told.append)
    lab.ask(api, clients=lab.clients)
    lab.ask(api)
    facts = [news.facts for news in told if news.kind == "api-request"]
    assert [(one["ApiName"], one["Stage"], one["status"]) for one in facts] == [
        ("tiny-dev-api", "live", 200), ("tiny-dev-api", "live", 403),
    ]  # fmt: skip
    assert facts[0]["seconds"] >= facts[0]["integration_seconds"] > 0
    assert facts[1]["integration_seconds"] is None


def test_the_access_log_tells_who_asked_and_not_what(lab: Lab) -> None:
    gateway, logs = lab.clients("apigateway"), lab.clients("logs")
    logs.create_log_group(logGroupName="/aws/apigateway/tiny-dev-api")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/apigateway/tiny-dev-api"
    api = lab.make_api()
    form = "$context.requestId $context.status $context.identity.userArn $context.nothing"
    change = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": group},
        {"op": "replace", "path": "/accessLogSettings/format", "value": form},
    ]
    with pytest.raises(ClientError, match="CloudWatch Logs role ARN must be set in account settings"):
        gateway.update_stage(restApiId=api, stageName="live", patchOperations=change)
    role = lab.make_role("api-logs", "apigateway.amazonaws.com", "logs:*", "*")
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    gateway.update_stage(restApiId=api, stageName="live", patchOperations=change)
    lab.ask(api, clients=lab.clients, body=b"[[4711]]")
    found: list[str] = []
    for _ in range(100):
        found = [e["message"] for e in logs.filter_log_events(logGroupName="/aws/apigateway/tiny-dev-api")["events"]]
        if found:
            break
        time.sleep(0.05)
    (line,) = found
    assert line.endswith(f" 200 arn:aws:iam::{ACCOUNT}:user/administrator -")
    assert "4711" not in line
