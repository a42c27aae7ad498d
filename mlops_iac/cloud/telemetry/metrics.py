"""Metrics that services publish by themselves, in their own namespaces.

Names, dimensions and units: "Step Functions metrics using CloudWatch", "Monitor Amazon SageMaker AI with CloudWatch",
"Amazon S3 metrics and dimensions" (AWS documentation). What instances take is
published by `instances.py`. AWS Batch publishes no metrics of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlops_iac.cloud.news import News

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

KEEP: Final = timedelta(days=15)
"""How long data points are kept: CloudWatch's time for periods of one minute."""

_ENDS: Final = {
    "ABORTED": "ExecutionsAborted",
    "FAILED": "ExecutionsFailed",
    "SUCCEEDED": "ExecutionsSucceeded",
    "TIMED_OUT": "ExecutionsTimedOut",
}
_DAY: Final = 24 * 3600.0


class Datum(NamedTuple):
    namespace: str
    name: str
    value: float
    dimensions: Mapping[str, str]
    unit: str = "Count"
    at: datetime | None = None
    """Left out: now."""


def install(gateway: Gateway) -> None:
    gateway.on_news(lambda news: publish(gateway, news.account_id, news.region, _of(news)))
    gateway.on_start(lambda: _measure_buckets_daily(gateway))


def publish(gateway: Gateway, account_id: str, region: str, data: Iterable[Datum]) -> None:
    """Put data points where GetMetricData finds them, and tell the alarms."""
    found = list(data)
    if not found:
        return
    with gateway.locked("cloudwatch"):
        _put(account_id, region, found)
    gateway.touch()
    gateway.tell_published(account_id, region, {(datum.namespace, datum.name) for datum in found})


def _put(account_id: str, region: str, data: list[Datum]) -> None:
    from moto.cloudwatch.models import cloudwatch_backends

    backend = cloudwatch_backends[account_id][region]
    oldest = datetime.now(UTC).replace(tzinfo=None) - KEEP
    if backend.metric_data and _naive(backend.metric_data[0].timestamp) < oldest:
        backend.metric_data[:] = [each for each in backend.metric_data if _naive(each.timestamp) >= oldest]
    for datum in data:
        dimensions = [{"Name": name, "Value": value} for name, value in datum.dimensions.items()]
        point: dict[str, Any] = {"MetricName": datum.name, "Value": datum.value, "Unit": datum.unit}
        point["Dimensions"] = dimensions
        if datum.at is not None:
            point["Timestamp"] = _naive(datum.at)
        backend.put_metric_data(datum.namespace, [point])


def _naive(moment: datetime) -> datetime:
    """moto's own times have no zone and are UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _of(news: News) -> Iterable[Datum]:
    if news.kind == "execution":
        return _of_execution(news.facts)
    if news.kind == "invocation":
        return _of_invocation(news.facts)
    if news.kind == "api-request":
        return _of_api_request(news.facts)
    if news.kind == "pipeline":
        return _of_pipeline(news.facts)
    return _of_job(news.facts) if news.kind == "job" else ()


def _of_execution(facts: Mapping[str, Any]) -> Iterable[Datum]:
    machine = {"StateMachineArn": facts["stateMachineArn"]}
    if facts["status"] == "RUNNING":
        yield Datum("AWS/States", "ExecutionsStarted", 1, machine)
    elif facts["status"] in _ENDS:
        milliseconds = (facts["stopDate"] - facts["startDate"]).total_seconds() * 1000
        yield Datum("AWS/States", _ENDS[facts["status"]], 1, machine)
        yield Datum("AWS/States", "ExecutionTime", milliseconds, machine, "Milliseconds")


def _of_pipeline(facts: Mapping[str, Any]) -> Iterable[Datum]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html (pipeline metrics)"""
    status, pipeline = facts["PipelineExecutionStatus"], {"PipelineName": facts["PipelineArn"].rsplit("/", 1)[-1]}
    name = {"Executing": "ExecutionStarted"}.get(status, f"Execution{status}")
    if status != "Stopping":
        yield Datum("AWS/Sagemaker/ModelBuildingPipeline", name, 1, pipeline)
    if status in ("Failed", "Stopped", "Succeeded"):
        milliseconds = (facts["LastModifiedTime"] - facts["CreationTime"]).total_seconds() * 1000
        yield Datum("AWS/Sagemaker/ModelBuildingPipeline", "ExecutionDuration", milliseconds, pipeline, "Milliseconds")


def _of_invocation(facts: Mapping[str, Any]) -> Iterable[Datum]:
    """The error counts are published for every request, as 0 or 1: their average is the rate."""
    variant = {"EndpointName": facts["EndpointName"], "VariantName": facts["VariantName"]}
    status = facts["status"]
    yield Datum("AWS/SageMaker", "Invocations", 1, variant)
    if facts["instances"]:
        yield Datum("AWS/SageMaker", "InvocationsPerInstance", 1 / facts["instances"], variant, "None")
    if facts.get("most"):
        yield from _of_serverless(facts, variant)
    yield Datum("AWS/SageMaker", "Invocation4XXErrors", int(400 <= status < 500), variant)
    yield Datum("AWS/SageMaker", "Invocation5XXErrors", int(status >= 500), variant)
    if facts["model_seconds"] is not None:
        own = max(facts["seconds"] - facts["model_seconds"], 0.0)
        yield Datum("AWS/SageMaker", "ModelLatency", facts["model_seconds"] * 1e6, variant, "Microseconds")
        yield Datum("AWS/SageMaker", "OverheadLatency", own * 1e6, variant, "Microseconds")


def _of_serverless(facts: Mapping[str, Any], variant: Mapping[str, str]) -> Iterable[Datum]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-monitoring.html"""
    busy, awake = facts["busy"], facts["awake"]
    yield Datum("AWS/SageMaker", "ServerlessConcurrentExecutionsUtilization", busy / facts["most"], variant, "None")
    if awake:
        name = "Spillover" if busy > awake else ""
        yield Datum("AWS/SageMaker", "ServerlessProvisionedConcurrencyExecutions", busy, variant)
        yield Datum("AWS/SageMaker", "ServerlessProvisionedConcurrencyUtilization", busy / awake, variant, "None")
        yield Datum("AWS/SageMaker", f"ServerlessProvisionedConcurrency{name}Invocations", 1, variant)


def _of_api_request(facts: Mapping[str, Any]) -> Iterable[Datum]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html"""
    status, api = facts["status"], {"ApiName": facts["ApiName"]}
    for place in (api, {**api, "Stage": facts["Stage"]}):
        yield Datum("AWS/ApiGateway", "Count", 1, place)
        yield Datum("AWS/ApiGateway", "4XXError", int(400 <= status < 500), place)
        yield Datum("AWS/ApiGateway", "5XXError", int(status >= 500), place)
        yield Datum("AWS/ApiGateway", "Latency", facts["seconds"] * 1000, place, "Milliseconds")
        if facts["integration_seconds"] is not None:
            milliseconds = facts["integration_seconds"] * 1000
            yield Datum("AWS/ApiGateway", "IntegrationLatency", milliseconds, place, "Milliseconds")


def _of_job(facts: Mapping[str, Any]) -> Iterable[Datum]:
    """What a training job printed, by its metric definitions."""
    for metric in facts.get("FinalMetricDataList", ()):
        job = {"TrainingJobName": facts["TrainingJobName"]}
        yield Datum("/aws/sagemaker/TrainingJobs", metric["MetricName"], metric["Value"], job, "None")


# S3 -----------------------------------------------------------------------------------------------------------------


def _measure_buckets_daily(gateway: Gateway) -> None:
    """S3 publishes the size of buckets once a day; here also when the cloud starts, which may be its only hour."""
    stopped = threading.Event()
    gateway.on_stop(stopped.set)

    def measure() -> None:
        while not stopped.is_set():
            if gateway.ready.wait(1.0):
                for account_id, region, data in _measure_buckets(gateway):
                    publish(gateway, account_id, region, data)
                stopped.wait(_DAY - time.time() % _DAY)

    threading.Thread(target=measure, name="bucket-sizes", daemon=True).start()


def _measure_buckets(gateway: Gateway) -> list[tuple[str, str, list[Datum]]]:
    import sys

    if "moto.s3.models" not in sys.modules:
        return []
    from moto.s3.models import s3_backends

    found = []
    with gateway.locked("s3"):
        for account_id, _, backend in s3_backends.iter_backends():
            for bucket in backend.buckets.values():
                sizes = bucket.keys.sizes()
                place = {"BucketName": bucket.name}
                data = [
                    Datum(
                        "AWS/S3", "BucketSizeBytes", sum(sizes), {**place, "StorageType": "StandardStorage"}, "Bytes"
                    ),
                    Datum("AWS/S3", "NumberOfObjects", len(sizes), {**place, "StorageType": "AllStorageTypes"}),
                ]
                found.append((account_id, bucket.region_name, data))
    return found
