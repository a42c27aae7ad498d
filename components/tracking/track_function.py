"""The code of a tracker: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

A rule calls it with the event of a run's end, whoever started the run and however it ended. It gathers what is known
(the orchestrator's parameters, the record of the start, evaluations, the model) and logs one run to MLflow or to
SageMaker's experiments; then it writes down in the lake where. It stands outside of the run: a tracker that fails is
called again by Lambda, twice, and the run stays what it is. Logging the same run again changes nothing.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

RUN_ID = 18
"""Characters of a run's id, with which its execution's name ends."""


@dataclass(frozen=True)
class Facts:
    """What is known of one run, for any place that it is logged to."""

    run: str
    experiment: str
    succeeded: bool
    began: int
    """Milliseconds since 1970, as `ended`."""
    ended: int
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    data: Mapping[str, str]
    """Name to S3 URI."""
    model: str
    """S3 URI, empty when it made none."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    settings = json.loads(Path(__file__).with_name("tracking.json").read_text(encoding="utf-8"))
    boto3 = importlib.import_module("boto3")
    gathering = Gathering(settings, event["detail"], boto3)
    if not gathering.run:
        return {"logged": None, "why": "not a run of this environment"}
    told = importlib.import_module(settings["module"]).log(gathering.facts(), settings, boto3)
    gathering.write(told)
    answer = {"logged": gathering.run, **told}
    print(json.dumps(answer))
    return answer


class Gathering:
    """``settings`` has: stack, bucket, models, encryption, tagging, pipelines, module, and what the module needs."""

    def __init__(self, settings: Mapping[str, Any], detail: Mapping[str, Any], boto3: Any) -> None:
        self.settings, self.detail, self.boto3 = settings, detail, boto3
        self.s3 = boto3.client("s3")
        found = [one for one in settings["pipelines"] if detail.get(one["handle_key"]) == one["handle"]]
        self.pipeline: Mapping[str, Any] = found[0] if found else {}
        self.run = self.find_run()

    def find_run(self) -> str:
        """``<stack>-<run>``; items of a map are executions too, and their names are others."""
        name, head = str(self.detail.get(self.pipeline.get("run_key", ""), "")), f"{self.settings['stack']}-"
        run = name.removeprefix(head)
        return run if name.startswith(head) and len(run) == RUN_ID and run[:6].isdigit() else ""

    def facts(self) -> Facts:
        began, ended = self.times()
        record = self.read(f"{self.settings['models']}{self.run}/record/run.json").get("told", {})
        model = self.read(f"{self.settings['models']}{self.run}/record/model.json")
        given, code = self.given()
        status = str(self.detail[self.pipeline["status_key"]])
        return Facts(
            run=self.run,
            experiment=f"{self.settings['stack']}-{self.pipeline['name']}",
            succeeded=status == self.pipeline["succeeded"],
            began=began,
            ended=ended,
            parameters=given,
            metrics={name: value for key in self.pipeline["evaluations"] for name, value in self.numbers_at(key)},
            tags={name: str(value) for name, value in self.tags(record, code, status, model) if value},
            data={
                name: f"s3://{self.settings['bucket']}/{one.get('prefix', '')}"
                for name, one in (record.get("data") or {}).items()
            },
            model=model.get("model", ""),
        )

    def times(self) -> tuple[int, int]:
        """Step Functions tells milliseconds, SageMaker times as text and no end."""
        began, ended = (self.detail.get(name) for name in ("startDate", "stopDate"))
        if began is None:
            text = str(self.detail["executionStartTime"]).replace("Z", "+00:00")
            began = int(datetime.fromisoformat(text).timestamp() * 1000)
        return int(began), int(ended or importlib.import_module("time").time() * 1000)

    def given(self) -> tuple[dict[str, str], str]:
        """The run's parameters by one name each, and the sha of its code."""
        if "input" in self.detail:
            told = json.loads(self.detail["input"] or "{}")
            return self.flat(told.get("parameters", {})), told.get("code", {}).get("sha", "")
        client, arn = self.boto3.client("sagemaker"), self.detail["pipelineExecutionArn"]
        listed = client.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn, MaxResults=200)
        values = {one["Name"]: one["Value"] for one in listed["PipelineParameters"]}
        own = {name.replace("--", "."): value for name, value in values.items() if not self.is_ours(name)}
        return self.flat(own), values.get("code-sha", "")

    def is_ours(self, name: str) -> bool:
        """Parameters that the run gives itself have hyphens; a team's are words, maps of them joined by two."""
        return "-" in name.replace("--", ".") or name.startswith("name--")

    def flat(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        read = importlib.import_module("hyperparameters").read
        found: dict[str, str] = {}
        for name, value in parameters.items():
            inner = {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
            found |= {key: read(str(item)) for key, item in inner.items()}
        return found

    def tags(
        self, record: Mapping[str, Any], code: str, status: str, model: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        git = record.get("git") or {}
        yield "mlops-iac.stack", self.settings["stack"]
        yield "mlops-iac.run", self.run
        yield "mlops-iac.pipeline", self.pipeline["name"]
        yield "mlops-iac.status", status
        yield "mlops-iac.code", code
        yield "mlops-iac.started_by", record.get("started_by")
        yield "mlops-iac.framework", record.get("framework")
        yield "mlops-iac.packages", " ".join(record.get("packages") or ())[:5000]
        yield "mlops-iac.model", model.get("model")
        yield "mlflow.source.git.commit", git.get("commit")
        if git:
            yield "mlops-iac.uncommitted_changes", str(git.get("dirty")).lower()
        for name, one in (record.get("data") or {}).items():
            yield f"mlops-iac.data.{name}", f"{one.get('prefix')} digest {one.get('digest')}"

    def numbers_at(self, key: str) -> Iterator[tuple[str, float]]:
        yield from lake_files().numbers(self.read(key.replace("{run}", self.run)))

    def read(self, key: str) -> dict[str, Any]:
        return lake_files().read(self.s3, self.settings["bucket"], key)

    def write(self, told: Mapping[str, Any]) -> None:
        self.s3.put_object(
            Bucket=self.settings["bucket"],
            Key=f"{self.settings['models']}{self.run}/record/tracking.json",
            Body=json.dumps({"format": 1, "told": told}, indent=1).encode(),
            Tagging=self.settings["tagging"],
            **self.settings["encryption"],
        )


def lake_files() -> Any:
    """What functions of an environment share; it lies beside this file in the archive."""
    return importlib.import_module("lake_files")
