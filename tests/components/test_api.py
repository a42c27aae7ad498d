"""What an API promises: nobody asks without a way in, its role asks one endpoint, and no body is written down."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.components._kit import EndpointRef
from mlops_iac.components.api.document import Auth, Said, document
from mlops_iac.components.api.rest import LOGGED, Api, ApiArgs, Quota
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.components.serving.endpoint import Endpoint, EndpointArgs, Realtime
from mlops_iac.core.errors import BlueprintError
from tests.components.world import World, run, site

ENDPOINT = EndpointRef(name="screening-dev-endpoint", flavour="realtime", role_arn="arn:aws:iam::123456789012:role/r")
WAYS: tuple[Auth, ...] = ("iam", "cognito", "api-key")


def made(profile: str = "standard", **args: Any) -> World:
    def program() -> None:
        place = site(profile)
        endpoint = Endpoint(place.named("endpoint"), EndpointArgs(flavour=Realtime()))
        api = Api(place.named("api"), ApiArgs(endpoint=args.pop("endpoint", endpoint.ref), **args))
        endpoint.grant_invoke(api.role)

    return run(program)


def body_of(world: World) -> Any:
    return world.get("api-api").document("body")


@pytest.mark.parametrize("auth", WAYS)
def test_every_method_of_every_way_is_guarded(auth: Auth) -> None:
    body = body_of(made(auth=auth))
    methods = [method for item in body["paths"].values() for method in item.values()]
    assert [method["security"] for method in methods] == [[{auth: []}]]
    assert set(body["components"]["securitySchemes"]) == {auth}


def test_its_role_may_ask_that_endpoint_and_do_nothing_else() -> None:
    statements = made().get("api-policy").document("policy")["Statement"]
    assert [(one["Action"], one["Resource"]) for one in statements] == [
        (["sagemaker:InvokeEndpoint"], ["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/screening-dev-endpoint"])
    ]


def test_a_role_that_may_call_may_call_this_api_only() -> None:
    def program() -> None:
        place = site()
        caller = Role(place.named("caller"), RoleArgs(services=("lambda.amazonaws.com",), description="an application"))
        api = Api(place.named("api"), ApiArgs(endpoint=ENDPOINT))
        Endpoint(place.named("endpoint"), EndpointArgs()).grant_invoke(api.role)
        api.grant_call(caller)

    (statement,) = run(program).get("caller-policy").document("policy")["Statement"]
    assert statement["Action"] == ["execute-api:Invoke"]
    assert statement["Resource"] == ["arn:aws:execute-api:eu-west-1:123456789012:api-api-id/live/POST/predict"]


def test_neither_requests_nor_answers_are_written_down() -> None:
    written = made().get("api-stage").inputs["accessLogSettings"]["format"]
    assert json.loads(written) == LOGGED
    assert not {"$input", "body", "requestOverride"} & set(written.replace("$context.", "").split('"'))
    assert made().get("api-settings").inputs["settings"]["dataTraceEnabled"] is False


def test_a_change_of_the_document_is_another_deployment() -> None:
    one, same, other = (
        made(timeout_seconds=seconds).get("api-deployment").inputs["triggers"] for seconds in (29, 29, 5)
    )
    assert one == same != other


def test_keys_are_invented_by_aws() -> None:
    keys = made(auth="api-key", applications=("shop", "desk")).of("aws:apigateway/apiKey:ApiKey")
    assert {key.name: "value" in key.inputs for key in keys} == {"api-key-shop": False, "api-key-desk": False}


def test_a_pool_that_is_there_is_used_and_not_made() -> None:
    arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Abc123"
    world = made(auth="cognito", user_pool_arn=arn)
    scheme = body_of(world)["components"]["securitySchemes"]["cognito"]
    assert scheme["x-amazon-apigateway-authorizer"]["providerARNs"] == [arn]
    assert not world.of("aws:cognito/userPool:UserPool")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"profile": "regulated"}, "cannot be on the internet"),
        ({"endpoint": EndpointRef(name="e", flavour="async", role_arn="r")}, "asynchronous endpoint has no API"),
        ({"quota": Quota(requests=5)}, "do not go together"),
        ({"auth": "api-key", "accounts": ("222222222222",)}, "do not go together"),
        ({"auth": "api-key", "applications": ()}, "Not the name of an application"),
        ({"sources": ("10.0.0.1/33",)}, "Not a network"),
        ({"rate": 0}, "Value out of range"),
        ({"timeout_seconds": 30}, "Value out of range"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(args: dict[str, Any], words: str) -> None:
    with pytest.raises(BlueprintError, match=words):
        made(**args)


def test_under_regulated_it_is_inside_the_network() -> None:
    world = made("regulated", vpc_endpoint_id="vpce-1")
    assert world.get("api-api").inputs["endpointConfiguration"] == {"types": "PRIVATE", "vpcEndpointIds": ["vpce-1"]}
    outside = body_of(world)["x-amazon-apigateway-policy"]["Statement"][1]
    assert (outside["Effect"], outside["Condition"]) == ("Deny", {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})


def test_the_document_is_plain_where_its_facts_are() -> None:
    said = Said(
        title="t", auth="iam", endpoint="e", role_arn="r", region="eu-west-1", partition="aws", timeout_ms=1000,
        accounts=("123456789012",),
    )  # fmt: skip
    body = json.loads(json.dumps(document(said)))
    (statement,) = body["x-amazon-apigateway-policy"]["Statement"]
    assert statement["Principal"] == {"AWS": ["arn:aws:iam::123456789012:root"]}
    assert statement["Resource"] == "execute-api:/live/POST/predict"
