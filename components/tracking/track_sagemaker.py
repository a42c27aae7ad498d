"""Log a run to SageMaker's experiments: the pipeline is an experiment, the run a trial with one component.

https://docs.aws.amazon.com/sagemaker/latest/dg/experiments.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MOST_PARAMETERS, LONGEST = 300, 2500
MOST_METRICS = 10
"""Of one BatchPutMetrics request: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_metrics_BatchPutMetrics.html"""


def log(facts: Any, settings: Mapping[str, Any], boto3: Any) -> dict[str, Any]:
    client, metrics = boto3.client("sagemaker"), boto3.client("sagemaker-metrics")
    name = f"{settings['stack']}-{facts.run}"
    tags = [{"Key": key, "Value": value} for key, value in settings["tags"].items()]
    once(client, client.create_experiment, ExperimentName=facts.experiment, Tags=tags)
    once(client, client.create_trial, TrialName=name, ExperimentName=facts.experiment, Tags=tags)
    once(client, client.create_trial_component, TrialComponentName=name, Tags=tags, **component(facts))
    values = list(facts.metrics.items())
    for start in range(0, len(values), MOST_METRICS):
        put(metrics, name, values[start : start + MOST_METRICS], facts.ended)
    client.associate_trial_component(TrialComponentName=name, TrialName=name)
    return {"kind": "sagemaker", "experiment": facts.experiment, "trial": name, "trial_component": name}


def once(client: Any, create: Any, **arguments: Any) -> None:
    """Make something that may be there."""
    try:
        create(**arguments)
    except client.exceptions.ClientError as error:
        if "exist" not in str(error):
            raise


def component(facts: Any) -> dict[str, Any]:
    told = {**facts.parameters, **facts.tags}
    artifacts = {name: {"MediaType": "application/x-directory", "Value": uri} for name, uri in facts.data.items()}
    model = {"model": {"MediaType": "application/gzip", "Value": facts.model}} if facts.model else {}
    return {
        "DisplayName": facts.run,
        "Status": {"PrimaryStatus": "Completed" if facts.succeeded else "Failed"},
        "StartTime": datetime.fromtimestamp(facts.began / 1000, UTC),
        "EndTime": datetime.fromtimestamp(facts.ended / 1000, UTC),
        "Parameters": {name: {"StringValue": value[:LONGEST]} for name, value in list(told.items())[:MOST_PARAMETERS]},
        "InputArtifacts": artifacts,
        "OutputArtifacts": model,
    }


def put(metrics: Any, name: str, values: list[tuple[str, float]], ended: int) -> None:
    when = datetime.fromtimestamp(ended / 1000, UTC)
    data = [{"MetricName": key, "Timestamp": when, "Step": 0, "Value": value} for key, value in values]
    answer = metrics.batch_put_metrics(TrialComponentName=name, MetricData=data)
    if answer.get("Errors"):
        raise RuntimeError(f"SageMaker did not take the metrics: {answer['Errors'][0].get('Code')}")
