"""Log a run to an MLflow app of SageMaker, with what its scripts logged in their jobs: by MLflow's REST API, with
requests signed as AWS's plug-in signs them.

https://mlflow.org/docs/3.4.0/api_reference/rest-api.html
"""

from __future__ import annotations

import importlib
import json
import math
import os
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

MOST_PARAMETERS, MOST_METRICS, MOST_TAGS = 100, 1000, 100
"""Of one LogBatch request."""
LONGEST_PARAMETER, LONGEST_TAG = 6000, 5000
MOST_RUNS, MOST_POINTS, MOST_ARTIFACTS = 200, 100_000, 2000
"""Of one job; points of one run. A call lasts 15 minutes at most."""
FINISHED = "3"
"""Of MLflow's RunStatus."""


def log(facts: Any, settings: Mapping[str, Any], boto3: Any) -> dict[str, Any]:
    client = Client(settings["app"], boto3)
    experiment = find_experiment(client, facts.experiment)
    # A second call for the same run finds the first one's.
    run = find_run(client, experiment, "mlops-iac.log", facts.run) or create_run(
        client, experiment, facts.run, facts.began, {"mlops-iac.log": facts.run}
    )
    metrics = [(name, value, facts.ended, 0) for name, value in facts.metrics.items()]
    log_all(client, run, facts.parameters, metrics, facts.tags)
    Scripts(client, facts, settings, boto3.client("s3"), experiment, run).log()
    end_run(client, run, facts.ended, succeeded=facts.succeeded)
    return {"kind": "mlflow", "experiment": facts.experiment, "experiment_id": experiment, "run_id": run}


class Scripts:
    """What the run's own scripts logged: the first run of each job is this one, further ones lie below it, and so do
    the trials of a tuning."""

    def __init__(
        self, client: Client, facts: Any, settings: Mapping[str, Any], s3: Any, experiment: str, run: str
    ) -> None:
        self.client, self.facts, self.settings, self.s3 = client, facts, settings, s3
        self.experiment, self.run = experiment, run
        # A name has one meaning in a run: what the run itself is known by, or what one of its jobs logged first.
        self.owners = dict.fromkeys((*facts.parameters, *facts.metrics), "")

    def log(self) -> None:
        logs = importlib.import_module("job_logs")
        folder = f"{self.settings['models']}{self.facts.run}/"
        for place in logs.find_places(self.s3, self.settings["bucket"], folder):
            try:
                self.log_job(logs, place)
            except logs.Failed as failed:
                print(json.dumps({"left_out": "what a job logged", "why": str(failed)}))

    def log_job(self, logs: Any, place: Any) -> None:
        runs: dict[str, str] = {}
        found = logs.read_runs(place)[:MOST_RUNS]
        for number, one in enumerate(found):
            if number or place.trial:
                runs[one.id] = self.log_below(one, place.trial, runs.get(one.parent, self.run))
            else:
                runs[one.id] = self.log_here(one)
        if any(one.artifacts for one in found):
            self.copy(logs.read_artifacts(place, runs))

    def log_here(self, one: Any) -> str:
        parameters = {self.name(one, name): value for name, value in one.parameters.items()}
        metrics = [(self.name(one, name), *point) for name, values in one.metrics.items() for point in values]
        tags = {name: value for name, value in one.own_tags.items() if name not in self.facts.tags}
        log_all(self.client, self.run, parameters, metrics, tags)
        return self.run

    def name(self, one: Any, name: str) -> str:
        return name if self.owners.setdefault(name, one.step) == one.step else f"{one.step}.{name}"

    def log_below(self, one: Any, trial: str, parent: str) -> str:
        began = int(one.meta.get("start_time") or self.facts.began)
        run = find_run(self.client, self.experiment, "mlops-iac.script_run", one.id) or create_run(
            self.client,
            self.experiment,
            one.tags.get("mlflow.runName") or one.step,
            began,
            {
                "mlops-iac.script_run": one.id,
                "mlops-iac.step": one.step,
                "mlflow.parentRunId": parent,
                **({"mlops-iac.trial": trial} if trial else {}),
            },
        )
        metrics = [(name, *point) for name, values in one.metrics.items() for point in values]
        log_all(self.client, run, one.parameters, metrics, one.own_tags)
        ended = one.meta.get("end_time", "")
        succeeded = one.meta.get("status") == FINISHED
        end_run(self.client, run, int(ended) if ended.isdigit() else self.facts.ended, succeeded=succeeded)
        return run

    def copy(self, artifacts: Any) -> None:
        """To where MLflow looks for them; the bodies are passed on piece by piece."""
        more = {"Tagging": self.settings["tagging"], **self.settings["encryption"]}
        places: dict[str, tuple[str, str]] = {}
        for number, (run, path, open_it) in enumerate(artifacts):
            if number == MOST_ARTIFACTS:
                print(json.dumps({"left_out": "artifacts", "why": f"there are more than {MOST_ARTIFACTS}"}))
                return
            if run not in places:
                uri = self.client.ask(f"runs/get?run_id={run}")["run"]["info"]["artifact_uri"]
                bucket, _, key = uri.removeprefix("s3://").partition("/")
                places[run] = (bucket, key)
            bucket, key = places[run]
            self.s3.upload_fileobj(open_it(), bucket, f"{key}/{path}", ExtraArgs=more)


def find_experiment(client: Client, name: str) -> str:
    try:
        made: str = client.ask("experiments/create", {"name": name})["experiment_id"]
    except Refused as refused:
        if refused.code != "RESOURCE_ALREADY_EXISTS":
            raise
        made = client.ask(f"experiments/get-by-name?experiment_name={name}")["experiment"]["experiment_id"]
    return made


def find_run(client: Client, experiment: str, tag: str, value: str) -> str:
    """By a tag that only it has; empty when there is none."""
    asked = {"experiment_ids": [experiment], "filter": f"tags.`{tag}` = '{value}'", "max_results": 1}
    found = client.ask("runs/search", asked).get("runs")
    return str(found[0]["info"]["run_id"]) if found else ""


def create_run(client: Client, experiment: str, name: str, began: int, tags: Mapping[str, str]) -> str:
    asked = {"experiment_id": experiment, "run_name": name, "start_time": began, "tags": pairs(tags)}
    made: str = client.ask("runs/create", asked)["run"]["info"]["run_id"]
    return made


def end_run(client: Client, run: str, ended: int, *, succeeded: bool) -> None:
    client.ask("runs/update", {"run_id": run, "status": "FINISHED" if succeeded else "FAILED", "end_time": ended})


def log_all(
    client: Client,
    run: str,
    parameters: Mapping[str, str],
    metrics: Sequence[tuple[str, float, int, int]],
    tags: Mapping[str, str],
) -> None:
    """In requests of what one may carry. Parameters of a run cannot change; what is equal may be logged again."""
    told = [
        {"key": key, "value": number(value), "timestamp": when, "step": step}
        for key, value, when, step in metrics[:MOST_POINTS]
    ]
    for member, entries, most in (
        ("params", pairs(parameters, LONGEST_PARAMETER), MOST_PARAMETERS),
        ("metrics", told, MOST_METRICS),
        ("tags", pairs(tags, LONGEST_TAG), MOST_TAGS),
    ):
        for start in range(0, len(entries), most):
            client.ask("runs/log-batch", {"run_id": run, member: entries[start : start + most]})


def pairs(texts: Mapping[str, str], longest: int = 5000) -> list[dict[str, Any]]:
    return [{"key": key, "value": value[:longest]} for key, value in texts.items()]


def number(value: float) -> float | str:
    """JSON has no infinity; protobuf's has words for it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


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
