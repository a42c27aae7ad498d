"""Log a run to an MLflow app of SageMaker, by MLflow's REST API and requests signed as AWS's plug-in signs them.

https://mlflow.org/docs/3.4.0/api_reference/rest-api.html
"""

from __future__ import annotations

import importlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

MOST_PARAMETERS, MOST_METRICS, MOST_TAGS = 100, 1000, 100
"""Of one LogBatch request."""
LONGEST_PARAMETER, LONGEST_TAG = 6000, 5000


def log(facts: Any, settings: Mapping[str, Any], boto3: Any) -> dict[str, Any]:
    client = Client(settings["app"], boto3)
    experiment = find_experiment(client, facts.experiment)
    # A second call for the same run finds the first one's.
    asked = {"experiment_ids": [experiment], "filter": f"tags.`mlops-iac.log` = '{facts.run}'", "max_results": 1}
    found = client.ask("runs/search", asked).get("runs")
    run = found[0]["info"]["run_id"] if found else create_run(client, facts, experiment)
    client.ask("runs/log-batch", batch(facts, run))
    status = "FINISHED" if facts.succeeded else "FAILED"
    client.ask("runs/update", {"run_id": run, "status": status, "end_time": facts.ended})
    adopt(client, facts.run, experiment, run)
    return {"kind": "mlflow", "experiment": facts.experiment, "experiment_id": experiment, "run_id": run}


def find_experiment(client: Client, name: str) -> str:
    try:
        made: str = client.ask("experiments/create", {"name": name})["experiment_id"]
    except Refused as refused:
        if refused.code != "RESOURCE_ALREADY_EXISTS":
            raise
        made = client.ask(f"experiments/get-by-name?experiment_name={name}")["experiment"]["experiment_id"]
    return made


def create_run(client: Client, facts: Any, experiment: str) -> str:
    tags = [{"key": "mlops-iac.log", "value": facts.run}]
    asked = {"experiment_id": experiment, "run_name": facts.run, "start_time": facts.began, "tags": tags}
    made: str = client.ask("runs/create", asked)["run"]["info"]["run_id"]
    return made


def batch(facts: Any, run: str) -> dict[str, Any]:
    """What is logged at once. Parameters of a run cannot change, and equal ones may be logged again."""
    return {
        "run_id": run,
        "params": [
            {"key": name, "value": value[:LONGEST_PARAMETER]}
            for name, value in list(facts.parameters.items())[:MOST_PARAMETERS]
        ],
        "metrics": [
            {"key": name, "value": value, "timestamp": facts.ended, "step": 0}
            for name, value in list(facts.metrics.items())[:MOST_METRICS]
        ],
        "tags": [{"key": name, "value": value[:LONGEST_TAG]} for name, value in list(facts.tags.items())[:MOST_TAGS]],
    }


def adopt(client: Client, run: str, experiment: str, parent: str) -> None:
    """Runs that the team's own scripts logged belong to this one: jobs tag them by MLFLOW_RUN_CONTEXT."""
    asked = {"experiment_ids": [experiment], "filter": f"tags.`mlops-iac.job` = '{run}'", "max_results": 100}
    for found in client.ask("runs/search", asked).get("runs", ()):
        tag = {"run_id": found["info"]["run_id"], "key": "mlflow.parentRunId", "value": parent}
        client.ask("runs/set-tag", tag)


class Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"MLflow refused: {code} {message}")
        self.code = code


class Client:
    """Signed requests to one app."""

    def __init__(self, app: str, boto3: Any) -> None:
        self.app, self.region = app, app.split(":")[3]
        self.credentials = boto3.Session().get_credentials()
        own = os.environ.get("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL")
        self.endpoint = own or f"https://mlflow.sagemaker.{self.region}.app.aws"

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        auth, request = importlib.import_module("botocore.auth"), importlib.import_module("botocore.awsrequest")
        content = json.dumps(body).encode() if body is not None else b""
        headers = {"x-sm-mlflow-app-arn": self.app, "Content-Type": "application/json"}
        url, method = f"{self.endpoint}/api/2.0/mlflow/{path}", "GET" if body is None else "POST"
        signed = request.AWSRequest(method, url, data=content, headers=headers)
        auth.SigV4Auth(self.credentials, "sagemaker", self.region).add_auth(signed)
        sent = urllib.request.Request(url, content or None, dict(signed.headers), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(sent, timeout=240) as answer:  # noqa: S310
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise refused(error.read()) from error


def refused(body: bytes) -> Refused:
    try:
        told = json.loads(body)
        return Refused(str(told.get("error_code", told.get("__type", ""))), str(told.get("message", "")))
    except ValueError:
        return Refused("", body[:500].decode(errors="replace"))
