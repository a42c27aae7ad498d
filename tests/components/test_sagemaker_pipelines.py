"""SageMaker Pipelines: the definition, its role, and the function that puts models into service."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from mlops_iac.components._kit import KeyRef
from mlops_iac.components.orchestrator import deploy_function
from mlops_iac.components.orchestrator.deploy_function import DeployFailed, Deployment
from mlops_iac.components.orchestrator.orchestrator import OrchestratorArgs, Own, make_orchestrator
from mlops_iac.components.orchestrator.sagemaker_pipelines import SageMakerPipelines, SageMakerPipelinesArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import World, run, site

KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:screening-dev-training-deployer"


def made(**change: Any) -> World:
    def definition(own: Own) -> pulumi.Output[str]:
        return pulumi.Output.json_dumps({"deployer": own["deployer_arn"]})

    args = SageMakerPipelinesArgs(definition=definition, **change)
    return run(lambda: SageMakerPipelines(site().named("training"), args))


def test_the_definition_names_the_deployer_and_the_pipeline_the_stack() -> None:
    pipeline = made().get("training-pipeline").inputs
    assert json.loads(pipeline["pipelineDefinition"]) == {"deployer": FUNCTION}
    assert pipeline["pipelineName"] == "screening-dev-training"
    assert pipeline["roleArn"].endswith(":role/screening-dev-training-execution-role")


def test_the_pipeline_may_call_its_own_deployer_and_nothing_else() -> None:
    (statement,) = made().get("training-execution-policy").document("policy")["Statement"]
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"] == [FUNCTION]


def test_the_deployer_writes_its_own_log_which_is_encrypted_and_does_not_grow_for_ever() -> None:
    world = made(key=KEY)
    group = world.get("training-deployer-log").inputs
    assert group["name"] == "/aws/lambda/screening-dev-training-deployer"
    assert (group["kmsKeyId"], group["retentionInDays"]) == (KEY.arn, 30)
    (statement,) = world.get("training-deployer-policy").document("policy")["Statement"]
    assert statement["Resource"] == [f"arn:aws:logs:eu-west-1:123456789012:log-group:{group['name']}:*"]


def test_a_pipeline_that_deploys_nothing_has_no_deployer_and_may_call_none() -> None:
    named: list[Own] = []

    def definition(own: Own) -> pulumi.Output[str]:
        named.append(own)
        return pulumi.Output.from_input("{}")

    def build() -> None:
        made = SageMakerPipelines(site().named("refresh"), SageMakerPipelinesArgs(definition=definition, deploys=False))
        made.role.grant(made.allow("read", ("s3:GetObject",), ("arn:aws:s3:::lake/*",)))

    world = run(build)
    assert world.names() == {"refresh-pipeline", "refresh-execution-role", "refresh-execution-policy"}
    assert named == [{}]


def test_who_tells_and_who_asks_are_functions_with_roles_of_their_own() -> None:
    named: list[Own] = []

    def definition(own: Own) -> pulumi.Output[str]:
        named.append(own)
        return pulumi.Output.from_input("{}")

    args = SageMakerPipelinesArgs(definition=definition, deploys=False, tells=True, queries=True)
    roles: list[Any] = []

    def build() -> None:
        made = SageMakerPipelines(site().named("refresh"), args)
        roles.extend((made.role, made.tell_role, made.query_role, made.deploy_role))

    world = run(build)
    assert [sorted(own) for own in named] == [["notifier_arn", "querier_arn"]]
    execution, tell, query, deploy = roles
    assert (tell is query, tell is execution, deploy is execution) == (False, False, True)
    allowed = world.get("refresh-execution-policy").document("policy")["Statement"]
    assert {name.rpartition(":")[2] for one in allowed for name in one["Resource"]} == {
        "screening-dev-refresh-notifier",
        "screening-dev-refresh-querier",
    }
    for name, handler in (("notifier", "notify_function.handler"), ("querier", "query_function.handler")):
        assert world.get(f"refresh-{name}").inputs["handler"] == handler


def test_an_orchestrator_is_chosen_by_its_name() -> None:
    args = OrchestratorArgs(definition=lambda own: pulumi.Output.from_input("{}"))
    for target, kind in (("step-functions", "StepFunctions"), ("sagemaker-pipelines", "SageMakerPipelines")):
        found: list[Any] = []
        run(lambda target=target, found=found: found.append(make_orchestrator(target, site().named("t"), args)))
        assert type(found[0]).__name__ == kind
        assert found[0].ref.target == target
    with pytest.raises(BlueprintError, match="Unknown orchestrator") as refused:
        make_orchestrator("step-function", site().named("t"), args)
    assert "did you mean `step-functions`" in refused.value.hint


# The function -------------------------------------------------------------------------------------------------------


class Refused(Exception):
    pass


class SageMaker:
    """As far as the function asks it: one endpoint, whose states the test gives in order."""

    class exceptions:
        ClientError = Refused

    def __init__(self, *found: Any) -> None:
        self.found = list(found)
        self.calls: list[str] = []
        self.asked: dict[str, Any] = {}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        found = self.found.pop(0) if len(self.found) > 1 else self.found[0]
        if found is None:
            raise Refused("ValidationException: Could not find endpoint")
        return {"FailureReason": "", **found}

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> dict[str, Any]:
            self.calls.append(name)
            self.asked[name] = arguments
            return {"ProductionVariants": [{"ModelName": "old-model"}]}

        return call


MINE = {"EndpointStatus": "InService", "EndpointConfigName": "mine"}
OLD = {"EndpointStatus": "InService", "EndpointConfigName": "old"}
CREATING = {"EndpointStatus": "Creating", "EndpointConfigName": "mine"}
UPDATING = {"EndpointStatus": "Updating", "EndpointConfigName": "old"}
FAILED = {"EndpointStatus": "Failed", "EndpointConfigName": "old", "FailureReason": "no module named x"}
SETTINGS: dict[str, Any] = {
    "role": "r", "alone": {"ProductionVariants": [{"VariantName": "main"}]}, "beside": None, "deployment": {},
    "isolated": True, "vpc": None, "config": {}, "tags": [],
}  # fmt: skip
EVENT = {
    "name": "mine", "run": "1", "package": "p", "endpoint": "screening-dev-endpoint", "settings": json.dumps(SETTINGS),
    "wait_seconds": 10, "poll_seconds": 5, "started": "false", "last": True,
}  # fmt: skip
MAKE = ["create_model", "create_endpoint_config"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes by in sleep alone."""
    now = [0.0]
    monkeypatch.setattr(deploy_function.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(deploy_function.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))


@pytest.mark.parametrize(
    ("found", "calls"),
    [
        ((None, CREATING, MINE), [*MAKE, "create_endpoint"]),
        ((OLD, UPDATING, MINE), [*MAKE, "update_endpoint"]),
        ((UPDATING, OLD, MINE), [*MAKE, "update_endpoint"]),
        ((FAILED, None, MINE), ["create_model", "delete_endpoint", "create_endpoint_config", "create_endpoint"]),
    ],
    ids=["first model", "later model", "somebody else's change first", "first creation failed before"],
)
def test_a_model_is_put_into_service(found: tuple[Any, ...], calls: list[str]) -> None:
    client = SageMaker(*found)
    assert Deployment(client, EVENT).run() == {"endpoint": "screening-dev-endpoint", "started": "true"}
    assert client.calls == calls


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ((OLD, UPDATING, OLD), "is in service with old: SageMaker rolled the update back"),
        ((None, FAILED), "failed: no module named x"),
        ((OLD, UPDATING), "is still Updating after all the time it was given"),
    ],
)
def test_a_deployment_that_does_not_succeed_says_why(found: tuple[Any, ...], told: str) -> None:
    with pytest.raises(DeployFailed, match=told):
        Deployment(SageMaker(*found), EVENT).run()


def test_a_wait_that_is_not_over_goes_on_in_the_next_call() -> None:
    first = Deployment(SageMaker(OLD, UPDATING), {**EVENT, "last": False}).run()
    assert first == {"endpoint": "screening-dev-endpoint", "started": "true"}
    client = SageMaker(UPDATING, MINE)
    assert Deployment(client, {**EVENT, "started": first["started"]}).run()["started"] == "true"
    assert client.calls == [], "nothing is made or asked for twice"


def test_an_update_goes_by_the_steps_strategy() -> None:
    rollback = {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "slow"}]}
    deployment = {"BlueGreenUpdatePolicy": {}, "AutoRollbackConfiguration": rollback}
    event = {**EVENT, "settings": json.dumps({**SETTINGS, "deployment": deployment})}
    client = SageMaker(OLD, UPDATING, MINE)
    Deployment(client, event).run()
    assert client.asked["update_endpoint"]["DeploymentConfig"] == deployment
    with pytest.raises(DeployFailed, match="It watched errors, slow"):
        Deployment(SageMaker(OLD, UPDATING, OLD), event).run()
    with pytest.raises(DeployFailed, match=r"rolled the update back\. Alarm errors"):
        Deployment(SageMaker(OLD, {**OLD, "FailureReason": "Alarm errors is in ALARM"}), event).run()


def test_a_model_comes_beside_the_one_that_serves() -> None:
    beside = {
        "ProductionVariants": [{"VariantName": "main", "ModelName": "now"}],
        "ShadowProductionVariants": [{"VariantName": "shadow"}],
    }
    event = {**EVENT, "settings": json.dumps({**SETTINGS, "beside": beside})}
    client = SageMaker(OLD, UPDATING, MINE)
    Deployment(client, event).run()
    assert client.calls == ["create_model", "describe_endpoint_config", "create_endpoint_config", "update_endpoint"]
    made = client.asked["create_endpoint_config"]
    assert made["ProductionVariants"] == [{"VariantName": "main", "ModelName": "old-model"}]
    assert made["ShadowProductionVariants"] == [{"VariantName": "shadow", "ModelName": "mine"}]
    first = SageMaker(None, CREATING, MINE)
    Deployment(first, event).run()
    assert first.asked["create_endpoint_config"]["ProductionVariants"] == [{"VariantName": "main", "ModelName": "mine"}]
