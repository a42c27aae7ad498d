"""The code of a deployer: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

With ``champion_of`` one call answers the version of a registry that was approved last. Without it one call makes the
run's model and endpoint configuration, creates or updates the endpoint, and waits until it serves. When the time of a
call is over, the next one goes on: ``started`` says whether the change has been asked for.

An update that fails is rolled back by SageMaker: the endpoint is in service again with the configuration it had
before. An endpoint whose first creation failed cannot be updated; it never served anything, so it is made anew. With
``beside`` the new model comes beside the one that the endpoint serves.
"""

from __future__ import annotations

import importlib
import json
import time
from typing import Any

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
NOT_FOUND = "Could not find"
"""SageMaker has no error of its own for what does not exist, only this text in a validation error."""
EXISTS = "already exist"
FIRST_PAUSE = 1.0
"""Seconds between the first two looks. Each later pause is twice as long, up to ``poll_seconds``."""


class DeployFailed(Exception):
    pass


class NoChampion(Exception):
    pass


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    client = importlib.import_module("boto3").client("sagemaker")
    if "champion_of" in event:
        return {"champion": get_champion(client, event["champion_of"])}
    return Deployment(client, event).run()


def get_champion(client: Any, group: str) -> str:
    found: str | None = importlib.import_module("champions").find_champion(client, group)
    if found is None:
        raise NoChampion(f"No version of {group} is approved: run a pipeline that registers one, or approve one.")
    return found


class Change:
    """What a run asks for. ``event`` has: name, run, package, endpoint, settings."""

    def __init__(self, client: Any, event: dict[str, Any], *, started: bool) -> None:
        self.client, self.event, self.started = client, event, started
        self.name, self.endpoint, self.settings = event["name"], event["endpoint"], event["settings"]
        self.tags = [*self.settings["tags"], {"Key": "mlops-iac:run", "Value": event["run"]}]

    def start(self) -> bool:
        """Look once; ask for the change when nothing else is under way. Whether it has been asked for."""
        self.make_model()
        self.is_over()
        return self.started

    def is_over(self) -> bool:
        """Look once: whether the endpoint serves the run's model."""
        return self.is_done(self.describe())

    def is_done(self, found: dict[str, Any] | None) -> bool:
        """Whether it serves this run's model; asks for what is to be done next when nothing is under way."""
        status = found["EndpointStatus"] if found else ""
        if status in BUSY:
            return False
        if not self.started:
            self.change(found, status)
            return False
        if found and status == "InService":
            self.scale("apply")
            if found["EndpointConfigName"] == self.name:
                return True
            old, why = found["EndpointConfigName"], found.get("FailureReason") or self.watched()
            told = f"Endpoint {self.endpoint} is in service with {old}: SageMaker rolled the update back. {why}"
            raise DeployFailed(told.strip())
        reason = (found or {}).get("FailureReason") or "SageMaker gives no reason."
        raise DeployFailed(f"Endpoint {self.endpoint} failed: {reason}")

    def change(self, found: dict[str, Any] | None, status: str) -> None:
        place = {"EndpointName": self.endpoint, "EndpointConfigName": self.name}
        if status == "Failed":
            self.client.delete_endpoint(EndpointName=self.endpoint)
        elif found is None:
            self.make_configuration(self.settings["alone"])
            self.client.create_endpoint(**place, Tags=self.tags)
            self.started = True
        else:
            self.make_configuration(self.settings["beside"] or self.settings["alone"], found["EndpointConfigName"])
            deployment = self.settings["deployment"]
            given = {"DeploymentConfig": deployment} if deployment else {}
            self.client.update_endpoint(**place, **given, **self.retained())
            self.started = True

    def retained(self) -> dict[str, Any]:
        """What an update of a scaled endpoint keeps: the number of instances that there are."""
        if not self.scale("prepare").get("retain"):
            return {}
        left = [{"VariantPropertyType": name} for name in ("DataCaptureConfig", "DesiredWeight")]
        return {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": left}

    def scale(self, do: str) -> dict[str, Any]:
        """Call the environment's scaler; nothing is answered where nothing scales."""
        scaler = self.settings.get("scaler")
        if scaler is None:
            return {}
        client = importlib.import_module("boto3").client("lambda")
        asked = json.dumps({"do": do, "config": self.name})
        answer = client.invoke(FunctionName=scaler, Payload=asked.encode())
        told = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise DeployFailed(f"Scaling of endpoint {self.endpoint} could not be set up: {told.get('errorMessage')}")
        return dict(told)

    def watched(self) -> str:
        alarms = self.settings["deployment"].get("AutoRollbackConfiguration", {}).get("Alarms", ())
        return f"It watched {', '.join(alarm['AlarmName'] for alarm in alarms)}." if alarms else ""

    def make_model(self) -> None:
        vpc = {"VpcConfig": self.settings["vpc"]} if self.settings["vpc"] else {}
        self.once(
            self.client.create_model,
            ModelName=self.name,
            ExecutionRoleArn=self.settings["role"],
            PrimaryContainer={"ModelPackageName": self.event["package"]},
            EnableNetworkIsolation=self.settings["isolated"],
            Tags=self.tags,
            **vpc,
        )

    def make_configuration(self, variants: dict[str, Any], serving: str = "") -> None:
        """Each variant has the run's model, except what is to be the one of the configuration that serves."""
        for variant in [each for kind in variants.values() for each in kind]:
            if "ModelName" in variant:
                now = self.client.describe_endpoint_config(EndpointConfigName=serving)
                variant["ModelName"] = now["ProductionVariants"][0]["ModelName"]
            else:
                variant["ModelName"] = self.name
        settings = dict(self.settings["config"])
        if capture := settings.get("DataCaptureConfig"):
            # By its place it is known later which model was asked.
            place = f"{capture['DestinationS3Uri']}{self.event['run']}"
            settings["DataCaptureConfig"] = {**capture, "DestinationS3Uri": place}
        self.once(
            self.client.create_endpoint_config,
            EndpointConfigName=self.name,
            Tags=self.tags,
            **variants,
            **settings,
        )

    def once(self, create: Any, **arguments: Any) -> None:
        """Make something that an earlier call of the same run may have made."""
        try:
            create(**arguments)
        except self.client.exceptions.ClientError as error:
            if EXISTS not in str(error):
                raise

    def describe(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.client.describe_endpoint(EndpointName=self.endpoint)
            return found
        except self.client.exceptions.ClientError as error:
            if NOT_FOUND not in str(error):
                raise
            return None


class Deployment(Change):
    """One call of the function. ``event`` has besides: wait_seconds, poll_seconds, started, last."""

    def __init__(self, client: Any, event: dict[str, Any]) -> None:
        given = {**event, "settings": json.loads(event["settings"])}
        super().__init__(client, given, started=str(event["started"]).lower() == "true")
        self.until = time.monotonic() + event["wait_seconds"]

    def run(self) -> dict[str, str]:
        if not self.started:
            self.make_model()
        pause = FIRST_PAUSE
        while True:
            found = self.describe()
            if self.is_done(found):
                return self.answer()
            pause = min(pause, self.event["poll_seconds"])
            if time.monotonic() + pause > self.until:
                if self.event["last"]:
                    status = found["EndpointStatus"] if found else "not there"
                    raise DeployFailed(f"Endpoint {self.endpoint} is still {status} after all the time it was given.")
                return self.answer()
            time.sleep(pause)
            pause *= 2

    def answer(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "started": str(self.started).lower()}
