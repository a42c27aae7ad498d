"""The code of a starter: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

A trigger calls it with ``{"trigger": …, "id": …, "time": …}``. It fills in what a run is started with: the run's id and
the names of what it makes, which follow from the trigger's own id and time, so that a trigger that is delivered twice
starts one run; and the code that somebody ran or pushed last. Beside it lie ``run_names.py``,
``champions.py`` and ``triggers.json``.

What may come in numbers (new data, alarms) waits until no more comes: time is cut into spans as long as the quiet that
is asked for. The first event of a span asks EventBridge Scheduler to call again when the span after it is over, under
the span's name, so that the others of the span ask in vain; and who is called finds the name of the span after it where
more came since, and leaves the start to that one.
"""

from __future__ import annotations

import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOT_THERE = ("NoSuchKey", "404", "ResourceNotFoundException")
CONFLICT = 409


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    settings = json.loads(Path(__file__).with_name("triggers.json").read_text(encoding="utf-8"))
    answer = Start(settings, event, context.invoked_function_arn).answer()
    print(json.dumps({**event, **answer}))
    return answer


class Start:
    """One call. ``settings`` has: stack, bucket, group, schedule_role, triggers."""

    def __init__(self, settings: dict[str, Any], event: dict[str, Any], own_arn: str) -> None:
        self.settings, self.event, self.own_arn = settings, event, own_arn
        self.name = event["trigger"]
        self.trigger = settings["triggers"][self.name]
        self.time = datetime.fromisoformat(event["time"].replace("Z", "+00:00"))

    def answer(self) -> dict[str, Any]:
        quiet = self.trigger.get("quiet_minutes")
        if quiet and "span" not in self.event:
            return {"waits": self.wait(quiet)}
        if quiet and self.exists(self.event["span"] + 1):
            return {"started": None, "why": "more came since"}
        if self.trigger.get("alone") and self.is_running():
            return {"started": None, "why": "a run is under way"}
        code = self.find_code()
        if code is None:
            return {"started": None, "why": "nobody has run or pushed code yet: mlops-iac run STACK --push"}
        return {"started": self.start(code)}

    def start(self, code: dict[str, str]) -> str:
        run_names = importlib.import_module("run_names")
        stack, request = self.settings["stack"], self.trigger["request"]
        run: str = run_names.make_run_id(self.time, f"{self.name} {self.event['id']}")
        words = {"run": run, "code-uri": code["uri"], "code-sha": code["sha"]}
        for step, limit in self.trigger["names"].items():
            words[f"name-{step}"] = run_names.made_name(stack, run, step, limit)
        arguments = request["arguments"]
        for word, value in words.items():
            arguments = arguments.replace(f"<mlops-iac:{word}>", value)
        for name, bound in self.ask_bounds().items():
            # A number, where the value stands in JSON that is itself a text, or is to be one; else a text as it is.
            word = f"<mlops-iac:{name}>"
            arguments = arguments.replace(f'\\"{word}\\"', bound)
            arguments = arguments.replace(f'"{word}"' if "typed" in request else word, bound)
        client = self.client(request["service"])
        try:
            getattr(client, request["operation"])(**json.loads(arguments))
        except client.exceptions.ClientError as error:
            if not is_there_already(error.response):
                raise
        return run

    def ask_bounds(self) -> dict[str, str]:
        """What the run must better, as JSON: bounds of its gates that follow from the champion."""
        if not self.trigger.get("champions"):
            return {}
        champions, sagemaker, s3 = importlib.import_module("champions"), self.client("sagemaker"), self.client("s3")
        asked = self.trigger["champions"].items()
        return {name: json.dumps(champions.find_bound(sagemaker, s3, each)) for name, each in asked}

    def is_running(self) -> bool:
        """Whether a run of the pipeline is under way."""
        request = self.trigger["request"]
        asked = json.loads(request["running"]) if "running" in request else None
        if asked is None:
            return False
        answer = getattr(self.client(request["service"]), asked["operation"])(**asked["arguments"])
        for member in asked["items"].split("."):
            answer = answer[member]
        return any(run[asked["status"]] in asked["words"] for run in answer)

    def find_code(self) -> dict[str, str] | None:
        s3 = self.client("s3")
        try:
            found = s3.get_object(Bucket=self.settings["bucket"], Key=self.trigger["code"])
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise
            return None
        code: dict[str, str] = json.loads(found["Body"].read())
        return code

    def wait(self, minutes: int) -> str:
        """Have this function called again when the span after this one is over; answers when."""
        length = minutes * 60
        span = int(self.time.timestamp()) // length
        at = datetime.fromtimestamp((span + 2) * length, UTC)
        at = max(at, datetime.now(UTC) + timedelta(minutes=1))  # told late
        event = {**self.event, "span": span, "time": at.isoformat()}
        client = self.client("scheduler")
        try:
            client.create_schedule(
                Name=self.span_name(span),
                GroupName=self.settings["group"],
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                ActionAfterCompletion="DELETE",
                FlexibleTimeWindow={"Mode": "OFF"},
                Target={
                    "Arn": self.own_arn,
                    "RoleArn": self.settings["schedule_role"],
                    "Input": json.dumps(event),
                },
            )
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
        return at.isoformat()

    def exists(self, span: int) -> bool:
        client = self.client("scheduler")
        try:
            client.get_schedule(Name=self.span_name(span), GroupName=self.settings["group"])
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise
            return False
        return True

    def span_name(self, span: int) -> str:
        return f"{self.name}-{span}"

    def client(self, service: str) -> Any:
        return importlib.import_module("boto3").client(service)


def is_there_already(refused: dict[str, Any]) -> bool:
    """Whether a start was refused because the run has been started: by Step Functions, or by the API of Airflow."""
    return bool(refused["Error"]["Code"] == "ExecutionAlreadyExists" or refused.get("RestApiStatusCode") == CONFLICT)
