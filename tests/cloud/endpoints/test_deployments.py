"""UpdateEndpoint with a DeploymentConfig: the traffic shifts by counted shares, bakes by the cloud's clock, and goes
back to the old model when an alarm says so."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import endpoints, jobs, telemetry
from mlops_iac.cloud.schedules.firing import Firing
from tests.cloud.jobs.conftest import find_light

SCRIPT = """
import json
def model_fn(folder):
    return json.load(open(folder + "/model.json"))
def predict_fn(data, model):
    if data == ["fail"] and model == "new":
        raise ValueError("the new model cannot")
    return model
def input_fn(body, kind):
    return json.loads(body)
def output_fn(answer, accept):
    return json.dumps(answer)
"""
FIRING = []


@pytest.fixture(scope="module")
def installs():
    def schedules(gateway):
        FIRING.append(Firing(gateway))
        FIRING[-1].install()

    return (
        lambda gateway: jobs.install(gateway, find_light),
        lambda gateway: endpoints.install(gateway, find_light),
        telemetry.install,
        schedules,
    )


@pytest.fixture
def served(cloud):
    """An endpoint of two instances, which serves a model that answers "old"; "new" is ready."""
    for name in ("old", "new"):
        cloud.model(SCRIPT, name=name, model={"model.json": json.dumps(name)})
        configure(cloud, name, instances=10)
    cloud.endpoint(config="old")
    return cloud


def configure(cloud, model, name=None, **changes):
    instances = changes.pop("instances", 1)
    variant = {
        "VariantName": "main",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": instances,
        "InitialVariantWeight": 1.0,
    }
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName=name or model, ProductionVariants=[variant | changes.pop("variant", {})], **changes
    )


def advance(seconds):
    FIRING[-1].advance(timedelta(seconds=seconds))


def blue_green(kind, wait=600, keep=0, alarms=(), **sizes):
    routing = {"Type": kind, "WaitIntervalInSeconds": wait}
    routing |= {name: {"Type": "CAPACITY_PERCENT", "Value": value} for name, value in sizes.items()}
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": keep}
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}
    return {"BlueGreenUpdatePolicy": policy, **rollback}


def update(cloud, config, **more):
    cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="new", DeploymentConfig=config, **more)


def describe(cloud):
    return cloud.sagemaker.describe_endpoint(EndpointName="endpoint")


def wait_baking(cloud, share):
    """Until the new fleet has this share, and its bake has begun."""
    for _ in range(600):
        found = describe(cloud)
        variant = found.get("PendingDeploymentSummary", {}).get("ProductionVariants", [{}])[0]
        if variant.get("CurrentWeight") == pytest.approx(share) and variant["VariantStatus"][0]["Status"] == "Baking":
            return found
        assert found["EndpointStatus"] in ("Creating", "Updating"), found
        time.sleep(0.05)
    raise AssertionError(found)


def answers(cloud, count):
    return Counter(json.load(cloud.invoke("[1]")["Body"]) for _ in range(count))


def test_a_canary_gets_its_share_of_requests_until_its_bake_is_over(served):
    update(served, blue_green("CANARY", CanarySize=10))
    found = wait_baking(served, 0.1)
    assert found["EndpointStatus"] == "Updating"
    assert found["EndpointConfigName"] == "old"
    assert found["PendingDeploymentSummary"]["EndpointConfigName"] == "new"
    assert found["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "CANARY"
    assert answers(served, 40) == {"old": 36, "new": 4}
    advance(300)
    assert answers(served, 20) == {"old": 18, "new": 2}
    advance(301)
    found = served.wait_endpoint()
    assert found["EndpointConfigName"] == "new"
    assert "FailureReason" not in found
    assert "PendingDeploymentSummary" not in found
    assert answers(served, 10) == {"new": 10}


def test_a_canary_may_be_a_number_of_instances_and_the_old_fleet_may_be_kept(served):
    config = blue_green("CANARY", keep=300)
    config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["CanarySize"] = {
        "Type": "INSTANCE_COUNT",
        "Value": 2,
    }
    update(served, config)
    wait_baking(served, 0.2)
    assert answers(served, 20) == {"old": 16, "new": 4}
    advance(601)
    found = wait_baking(served, 1.0)
    assert (
        "TerminationWaitInSeconds"
        in found["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]["StatusMessage"]
    )
    assert answers(served, 10) == {"new": 10}
    advance(301)
    assert served.wait_endpoint()["EndpointConfigName"] == "new"


def test_linear_shifts_step_by_step(served):
    update(served, blue_green("LINEAR", wait=60, LinearStepSize=40))
    for share, old in ((0.4, 12), (0.8, 4)):
        wait_baking(served, share)
        assert answers(served, 20)["old"] == old
        advance(61)
    assert served.wait_endpoint()["EndpointConfigName"] == "new"


def test_a_rolling_update_bakes_after_each_batch(served):
    size = {"Type": "CAPACITY_PERCENT", "Value": 50}
    update(served, {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60}})
    wait_baking(served, 0.5)
    assert answers(served, 10) == {"old": 5, "new": 5}
    advance(61)
    wait_baking(served, 1.0)
    advance(61)
    assert served.wait_endpoint()["EndpointConfigName"] == "new"


def test_several_bakes_may_be_over_at_once(served):
    update(served, blue_green("LINEAR", wait=60, LinearStepSize=10))
    wait_baking(served, 0.1)
    advance(3600)
    assert served.wait_endpoint()["EndpointConfigName"] == "new"


def alarm_on_errors(cloud):
    cloud.clients("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": "endpoint"}, {"Name": "VariantName", "Value": "main"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )


def test_an_alarm_during_the_bake_takes_the_update_back(served):
    alarm_on_errors(served)
    update(served, blue_green("CANARY", CanarySize=50, alarms=("errors",)))
    wait_baking(served, 0.5)
    assert answers(served, 4) == {"old": 2, "new": 2}
    failed = 0
    for _ in range(2):
        try:
            served.invoke('["fail"]')
        except ClientError as error:
            failed += error.response["Error"]["Code"] == "ModelError"
    assert failed == 1
    found = served.wait_endpoint()
    assert found["EndpointStatus"] == "InService"
    assert found["EndpointConfigName"] == "old"
    assert found["FailureReason"].startswith("Alarm errors is in ALARM")
    assert "PendingDeploymentSummary" not in found
    assert answers(served, 10) == {"old": 10}


def test_an_alarm_that_is_missing_takes_the_update_back(served):
    update(served, blue_green("CANARY", CanarySize=50, alarms=("nobody",)))
    found = served.wait_endpoint()
    assert found["EndpointConfigName"] == "old"
    assert "no alarm nobody" in found["FailureReason"]


def test_the_models_role_must_be_allowed_to_read_the_alarms(served):
    alarm_on_errors(served)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "cloudwatch:*", "Resource": "*"}]}
    served.clients("iam").put_role_policy(
        RoleName="screening-dev-job", PolicyName="deny", PolicyDocument=json.dumps(deny)
    )
    update(served, blue_green("CANARY", CanarySize=50, alarms=("errors",)))
    found = served.wait_endpoint()
    assert found["EndpointConfigName"] == "old"
    assert "cloudwatch:DescribeAlarms" in found["FailureReason"]


def test_the_last_deployment_config_may_be_used_again(served):
    update(served, blue_green("CANARY", wait=60, CanarySize=50))
    wait_baking(served, 0.5)
    advance(61)
    served.wait_endpoint()
    configure(served, "old", "old-again")
    served.sagemaker.update_endpoint(
        EndpointName="endpoint", EndpointConfigName="old-again", RetainDeploymentConfig=True
    )
    wait_baking(served, 0.5)
    advance(61)
    assert served.wait_endpoint()["EndpointConfigName"] == "old-again"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (blue_green("CANARY"), "CanarySize is required"),
        (blue_green("CANARY", CanarySize=51), "must be 0 to 50%"),
        (blue_green("LINEAR", LinearStepSize=5), "must be 10 to 50%"),
        (blue_green("LINEAR", wait=3600, keep=3600, LinearStepSize=10), "MaximumExecutionTimeoutInSeconds is 28800"),
        (blue_green("CANARY", wait=3601, CanarySize=10), "Member must have value less than or equal to 3600"),
        (
            blue_green("CANARY", CanarySize=10)
            | {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 10},
                    "WaitIntervalInSeconds": 0,
                }
            },
            "Only one of",
        ),
    ],
)
def test_a_config_that_sagemaker_refuses_changes_nothing(served, config, said):
    with pytest.raises(ClientError, match=said) as caught:
        update(served, config)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert describe(served)["EndpointStatus"] == "InService"


def test_serverless_and_other_variants_have_no_guardrails(served):
    served.endpoint_config("sleepy", "new", serverless=True)
    for config in ("sleepy", "other"):
        if config == "other":
            configure(served, "new", "other", variant={"VariantName": "other"})
        with pytest.raises(ClientError, match=r"guardrails keeps the variants|serverless"):
            served.sagemaker.update_endpoint(
                EndpointName="endpoint", EndpointConfigName=config, DeploymentConfig=blue_green("CANARY", CanarySize=10)
            )


def beside(cloud, name, kind, weights, **changes):
    """A configuration of two models: "old" as the variant main, "new" beside it."""
    machine = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    main = {"VariantName": "main", "ModelName": "old", "InitialVariantWeight": weights[0], **machine}
    other = {"VariantName": "other", "ModelName": "new", "InitialVariantWeight": weights[1], **machine}
    both = {"ProductionVariants": [main, other]}
    shadow = {"ProductionVariants": [main], "ShadowProductionVariants": [other]}
    cloud.sagemaker.create_endpoint_config(EndpointConfigName=name, **(shadow if kind == "shadow" else both), **changes)
    cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName=name)
    return cloud.wait_endpoint()


def test_weights_split_the_requests_and_can_be_changed(served):
    found = beside(served, "both", "weights", (75, 25))
    assert [variant["CurrentWeight"] for variant in found["ProductionVariants"]] == [75, 25]
    assert answers(served, 20) == {"old": 15, "new": 5}
    served.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="endpoint", DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredWeight": 25}]
    )
    served.wait_endpoint()
    assert answers(served, 20) == {"old": 10, "new": 10}
    assert json.load(served.invoke("[1]", TargetVariant="other")["Body"]) == "new"


def test_a_shadow_gets_copies_and_never_answers(served):
    found = beside(served, "shadowed", "shadow", (1, 0.5))
    assert [variant["VariantName"] for variant in found["ShadowProductionVariants"]] == ["other"]
    assert answers(served, 10) == {"old": 10}
    served.invoke('["fail"]')
    served.invoke('["fail"]')

    def sums(metric, variant):
        now = datetime.now(UTC)
        found = served.clients("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": "EndpointName", "Value": "endpoint"}, {"Name": "VariantName", "Value": variant}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in found)

    for _ in range(200):
        if sums("Invocations", "other") == 6:
            break
        time.sleep(0.05)
    assert sums("Invocations", "main") == 12
    assert sums("Invocations", "other") == 6
    assert sums("Invocation5XXErrors", "other") == 1


def test_a_shadow_of_a_serverless_or_asynchronous_endpoint_is_refused(served):
    asynchronous = {"OutputConfig": {"S3OutputPath": "s3://lake/out/"}}
    with pytest.raises(ClientError, match="not supported for serverless and asynchronous"):
        beside(served, "no", "shadow", (1, 1), AsyncInferenceConfig=asynchronous)
