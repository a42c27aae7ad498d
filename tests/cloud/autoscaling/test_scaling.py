"""Endpoints really get and lose model servers, by what they publish and by the cloud's clock."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

ECHO = "def model_fn(d): return 1\ndef transform_fn(m, body, t, a): return body"
WHERE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/endpoint/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
INVOCATIONS = {
    "TargetValue": 4.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300,
}


@pytest.fixture
def scaling(cloud):
    return cloud.clients("application-autoscaling")


def serve(cloud, *, kind="ml.m5.large", count=1, asynchronous=False):
    cloud.model(ECHO)
    variant = {"VariantName": "all", "ModelName": "model", "InstanceType": kind, "InitialInstanceCount": count}
    output = {"OutputConfig": {"S3OutputPath": "s3://lake/out/", "S3FailurePath": "s3://lake/failed/"}}
    more = {"AsyncInferenceConfig": output} if asynchronous else {}
    cloud.sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant], **more)
    assert cloud.endpoint()["EndpointStatus"] == "InService"


def count(cloud):
    variant = cloud.sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"][0]
    return variant["CurrentInstanceCount"]


def servers(cloud):
    """Processes behind the endpoint: each has a stream of the log."""
    group = "/aws/sagemaker/Endpoints/endpoint"
    return len(cloud.logs.describe_log_streams(logGroupName=group)["logStreams"])


def activities(scaling):
    found = scaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    return [(each["Description"], each["StatusCode"]) for each in reversed(found)]


def alarms(cloud):
    return [each["AlarmName"] for each in cloud.clients("cloudwatch").describe_alarms()["MetricAlarms"]]


def test_load_scales_out_and_silence_in(cloud, scaling, advance, until):
    serve(cloud)
    scaling.register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=3)
    made = scaling.put_scaling_policy(
        **WHERE, PolicyName="load", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=INVOCATIONS,
    )  # fmt: skip
    assert sorted(alarms(cloud)) == sorted(each["AlarmName"] for each in made["Alarms"])
    assert all(name.startswith("TargetTracking-endpoint/endpoint/variant/all-Alarm") for name in alarms(cloud))
    for _ in range(3):
        for _ in range(10):
            cloud.invoke(b"[1]")
        advance(1)
        for _ in range(10):
            cloud.invoke(b"[1]")
    until(lambda: count(cloud) == 3)
    assert servers(cloud) == 3
    assert json.load(cloud.invoke(b"[1]")["Body"]) == [1]
    advance(20)
    until(lambda: count(cloud) == 1)
    out, back = "Setting desired instance count to 3.", "Setting desired instance count to 1."
    until(lambda: activities(scaling) == [(out, "Successful"), (back, "Successful")])
    assert json.load(cloud.invoke(b"[1]")["Body"]) == [1]


def test_an_asynchronous_endpoint_sleeps_and_is_woken_by_a_request(cloud, scaling, advance, until):
    serve(cloud, asynchronous=True)
    scaling.register_scalable_target(**WHERE, MinCapacity=0, MaxCapacity=2)
    metric = {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": "endpoint"}],
        "Statistic": "Average",
    }
    scaling.put_scaling_policy(
        **WHERE, PolicyName="backlog", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 5.0, "CustomizedMetricSpecification": metric},
    )  # fmt: skip
    step = scaling.put_scaling_policy(
        **WHERE, PolicyName="wake", PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity", "MetricAggregationType": "Average", "Cooldown": 300,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )  # fmt: skip
    cloud.clients("cloudwatch").put_metric_alarm(
        AlarmName="wake", MetricName="HasBacklogWithoutCapacity", Namespace="AWS/SageMaker", Statistic="Average",
        EvaluationPeriods=2, DatapointsToAlarm=2, Threshold=1, Period=60, TreatMissingData="missing",
        ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[step["PolicyARN"]],
        Dimensions=[{"Name": "EndpointName", "Value": "endpoint"}],
    )  # fmt: skip
    advance(16)
    until(lambda: count(cloud) == 0)
    runtime = cloud.clients("sagemaker-runtime")
    asked = runtime.invoke_endpoint_async(EndpointName="endpoint", InputLocation=cloud.put("in/1", "[7]"))
    advance(1)
    assert cloud.keys("out/") == []
    advance(2)
    until(lambda: count(cloud) == 1)
    key = asked["OutputLocation"].removeprefix("s3://lake/")
    assert cloud.get(until(lambda: key if key in cloud.keys("out/") else None)) == b"[7]"


def test_bounds_take_effect_at_once(cloud, scaling, until):
    serve(cloud)
    scaling.register_scalable_target(**WHERE, MinCapacity=2, MaxCapacity=3)
    until(lambda: activities(scaling) == [("Setting desired instance count to 2.", "Successful")])
    assert count(cloud) == 2
    found = scaling.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"][0]
    assert found["Cause"] == "minimum capacity was set to 2"


def test_what_is_deleted_leaves_neither_policies_nor_alarms(cloud, scaling):
    serve(cloud)
    scaling.register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=3)
    for value in (4.0, 8.0):
        scaling.put_scaling_policy(
            **WHERE, PolicyName="load", PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={**INVOCATIONS, "TargetValue": value},
        )  # fmt: skip
    assert len(alarms(cloud)) == 2
    cloud.sagemaker.delete_endpoint(EndpointName="endpoint")
    assert alarms(cloud) == []
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []


def test_an_update_keeps_the_capacity_when_it_is_asked_to_and_no_other_type(cloud, scaling, until):
    serve(cloud)
    scaling.register_scalable_target(**WHERE, MinCapacity=2, MaxCapacity=3)
    until(lambda: count(cloud) == 2)
    variant = {"VariantName": "all", "ModelName": "model", "InitialInstanceCount": 1}
    for name, kind in (("same", "ml.m5.large"), ("other", "ml.m5.xlarge")):
        cloud.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "InstanceType": kind}]
        )
    with pytest.raises(ClientError, match="Deregister them first"):
        cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="other")
    left = [{"VariantPropertyType": "DesiredWeight"}]
    cloud.sagemaker.update_endpoint(
        EndpointName="endpoint", EndpointConfigName="same", RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=left,
    )  # fmt: skip
    cloud.wait_endpoint()
    assert count(cloud) == 2
    scaling.deregister_scalable_target(**WHERE)
    cloud.sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="other")
    cloud.wait_endpoint()
    assert count(cloud) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MinCapacity": 3, "MaxCapacity": 2}, "cannot be less than minimum"),
        ({"MinCapacity": 1}, "MaxCapacity is required"),
        ({"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "endpoint/other/variant/all"}, "Could not find endpoint"),
        ({"MinCapacity": 1, "MaxCapacity": 2, "ResourceId": "endpoint/endpoint/variant/b"}, "Could not find variant"),
    ],
)
def test_what_cannot_be_scaled_is_refused(cloud, scaling, changes, said):
    serve(cloud)
    with pytest.raises(ClientError, match=said):
        scaling.register_scalable_target(**{**WHERE, **changes})


def test_burstable_instances_are_not_scaled(cloud, scaling):
    serve(cloud, kind="ml.t2.medium")
    with pytest.raises(ClientError, match="burstable"):
        scaling.register_scalable_target(**WHERE, MinCapacity=1, MaxCapacity=2)


def test_a_realtime_endpoint_is_never_without_instances(cloud, scaling, until):
    serve(cloud)
    scaling.register_scalable_target(**WHERE, MinCapacity=0, MaxCapacity=0)
    until(lambda: ("Setting desired instance count to 0.", "Failed") in activities(scaling))
    assert count(cloud) == 1


def test_a_policy_needs_a_target(scaling):
    with pytest.raises(ClientError) as refused:
        scaling.put_scaling_policy(
            **WHERE, PolicyName="load", PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=INVOCATIONS,
        )  # fmt: skip
    assert refused.value.response["Error"]["Code"] == "ObjectNotFoundException"


AWAKE = {**WHERE, "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}
BUSY = {
    "TargetValue": 0.5,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"},
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 300,
}


def serve_awake(cloud, awake, most=3):
    cloud.model(ECHO)
    config = {"MemorySizeInMB": 1024, "MaxConcurrency": most}
    config |= {"ProvisionedConcurrency": awake} if awake else {}
    variant = {"VariantName": "all", "ModelName": "model", "ServerlessConfig": config}
    cloud.sagemaker.create_endpoint_config(EndpointConfigName="config", ProductionVariants=[variant])
    assert cloud.endpoint()["EndpointStatus"] == "InService"


def awake(cloud):
    variant = cloud.sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"][0]
    return variant["CurrentServerlessConfig"]["ProvisionedConcurrency"]


def test_a_busy_serverless_endpoint_is_kept_awake_for_more_requests_and_a_quiet_one_for_fewer(
    cloud, scaling, advance, until
):
    serve_awake(cloud, 1)
    scaling.register_scalable_target(**AWAKE, MinCapacity=1, MaxCapacity=3)
    scaling.put_scaling_policy(
        **AWAKE, PolicyName="busy", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=BUSY
    )
    for _ in range(3):
        cloud.invoke(b"[1]")
        advance(1)
        cloud.invoke(b"[1]")
    until(lambda: awake(cloud) > 1)
    until(lambda: servers(cloud) == awake(cloud))
    advance(20)
    until(lambda: awake(cloud) == 1)
    assert activities(scaling)[0] == ("Setting desired provisioned concurrency to 2.", "Successful")
    assert json.load(cloud.invoke(b"[1]")["Body"]) == [1]


@pytest.mark.parametrize(("provisioned", "most", "said"), [(None, 3, "no provisioned concurrency"), (1, 2, "1 to its")])
def test_only_what_is_awake_is_scaled_and_no_further_than_it_may_be_asked(cloud, scaling, provisioned, most, said):
    serve_awake(cloud, provisioned, most)
    with pytest.raises(ClientError, match=said):
        scaling.register_scalable_target(**AWAKE, MinCapacity=1, MaxCapacity=3)


def test_more_awake_than_may_be_asked_is_refused(cloud):
    serve_awake(cloud, 2)
    config = {"MemorySizeInMB": 1024, "MaxConcurrency": 3, "ProvisionedConcurrency": 4}
    variant = {"VariantName": "all", "ModelName": "model", "ServerlessConfig": config}
    with pytest.raises(ClientError, match="exceeds its MaxConcurrency, 3"):
        cloud.sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[variant])
    with pytest.raises(ClientError, match="exceeds its MaxConcurrency, 3"):
        cloud.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="endpoint",
            DesiredWeightsAndCapacities=[
                {"VariantName": "all", "ServerlessUpdateConfig": {"ProvisionedConcurrency": 4}}
            ],
        )
