"""The two alarms of a target tracking policy, which Application Auto Scaling makes and deletes.

Form: https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html,
and what an account shows: three minutes above the target, fifteen below nine tenths of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_iac.cloud.autoscaling.book import Place, Which
from mlops_iac.cloud.autoscaling.checking import METRICS
from mlops_iac.cloud.autoscaling.deciding import HIGH_MINUTES, LOW_MINUTES, SHARE_TO_GO
from mlops_iac.cloud.gateway import AwsError, Call, Gateway

HIGH, LOW = "AlarmHigh", "AlarmLow"


def put(
    gateway: Gateway, call: Call, which: Which, arn: str, config: Mapping[str, Any], before: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Make them, or change those of before, as whoever puts the policy."""
    if which.variant() is None:
        return [dict(each) for each in before]
    client, watched = gateway.roles.as_caller(call)("cloudwatch"), _metric(config, which)
    target = float(config["TargetValue"])
    made = []
    wanted = [(HIGH, "GreaterThanThreshold", HIGH_MINUTES, target)]
    wanted.append((LOW, "LessThanThreshold", LOW_MINUTES, target * SHARE_TO_GO))
    if config.get("DisableScaleIn"):
        delete(gateway, Place(call.account_id, call.region), [each for each in before if LOW in each["AlarmName"]])
        wanted = wanted[:1]
    for side, comparison, minutes, threshold in wanted:
        name = next((each["AlarmName"] for each in before if side in each["AlarmName"]), "")
        name = name or f"TargetTracking-{which.resource}-{side}-{uuid.uuid4()}"
        try:
            client.put_metric_alarm(
                AlarmName=name,
                AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}.",
                AlarmActions=[arn],
                ComparisonOperator=comparison,
                EvaluationPeriods=minutes,
                Period=60,
                Threshold=threshold,
                **watched,
            )
        except client.exceptions.ClientError as error:
            raise AwsError("FailedResourceAccessException", error.response["Error"]["Message"]) from error
        made.append({"AlarmName": name, "AlarmARN": call.arn("cloudwatch", f"alarm:{name}")})
    return made


def delete(gateway: Gateway, place: Place, known: Sequence[Mapping[str, str]]) -> None:
    """Delete alarms that were made here; one that somebody deleted before is no fault."""
    if known:
        client = gateway.clients(place.region, place.account)("cloudwatch")
        client.delete_alarms(AlarmNames=[each["AlarmName"] for each in known])


def _metric(config: Mapping[str, Any], which: Which) -> dict[str, Any]:
    own = config.get("CustomizedMetricSpecification")
    if own:
        unit = {"Unit": own["Unit"]} if own.get("Unit") else {}
        return {
            "Namespace": own["Namespace"],
            "MetricName": own["MetricName"],
            "Statistic": own["Statistic"],
            "Dimensions": [{"Name": each["Name"], "Value": each["Value"]} for each in own.get("Dimensions", ())],
            **unit,
        }
    endpoint, variant = which.variant() or ("", "")
    name, statistic = METRICS[config["PredefinedMetricSpecification"]["PredefinedMetricType"]]
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": name,
        "Statistic": statistic,
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
    }
