"""The code of a scaler: it runs on AWS Lambda, where boto3 is part of the runtime, and nowhere else.

An endpoint is a scalable target only once it is there, and runs make it: so whoever makes or updates it calls the
scaler before (``prepare``) and after that (``apply``), and the program when the settings change. AWS refuses an update
that changes the type of a scaled variant's instances; then the target is given back first, and registered again after.
What a serverless variant is awake for (its provisioned concurrency) is another dimension than instances, and a target
only of a variant that has some.

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import time
from typing import Any

NOT_FOUND = "Could not find"
SERVES = ("InService",)
DENIED = ("AccessDenied", "AccessDeniedException")
DIMENSIONS = ("sagemaker:variant:DesiredInstanceCount", "sagemaker:variant:DesiredProvisionedConcurrency")
PAUSES = (1, 2, 4, 8, 16)
"""Seconds. Whoever has no right after all of them is told so by what is asked next."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    boto3 = importlib.import_module("boto3")
    names = ("sagemaker", "application-autoscaling", "cloudwatch")
    clients = {name: boto3.client(name) for name in names}
    settings = event.get("settings") or json.loads(os.environ["SCALING"])
    scaler = Scaler(clients, settings)
    scaler.wait_for_rights()
    do = {"create": "apply", "update": "apply", "delete": "release"}.get(event.get("tf", {}).get("action", ""))
    return {"apply": scaler.apply, "release": scaler.release, "prepare": scaler.prepare}[do or event["do"]](event)


class Scaler:
    """``settings``: endpoint, variant, dimension, least, most, policies, names of all policies there may be, wake."""

    def __init__(self, clients: dict[str, Any], settings: dict[str, Any]) -> None:
        self.sagemaker, self.cloudwatch = clients["sagemaker"], clients["cloudwatch"]
        self.scaling, self.settings = clients["application-autoscaling"], settings
        self.which = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{settings['endpoint']}/variant/{settings['variant']}",
            "ScalableDimension": settings["dimension"],
        }

    def wait_for_rights(self) -> None:
        """The function is called as soon as it is made, and IAM tells of a new role's policy seconds later."""
        for pause in PAUSES:
            try:
                self.describe()
                return
            except self.sagemaker.exceptions.ClientError as error:
                if error.response["Error"]["Code"] not in DENIED:
                    raise
                time.sleep(pause)

    def apply(self, event: dict[str, Any]) -> dict[str, Any]:
        """Register the variant, with its policies; nothing while there is none, it is being changed, or it is of a
        flavour that the next deployment changes."""
        found = self.describe()
        if found is None or found["EndpointStatus"] not in SERVES:
            return {"scales": False}
        if dimension_of(self.variant(found["EndpointConfigName"])) != self.settings["dimension"]:
            return {"scales": False}
        least, most = self.settings["least"], self.settings["most"]
        self.scaling.register_scalable_target(**self.which, MinCapacity=least, MaxCapacity=most)
        for policy in self.settings["policies"]:
            put = self.scaling.put_scaling_policy(**self.which, **policy)
            if self.settings["wake"] and policy["PolicyType"] == "StepScaling":
                self.cloudwatch.put_metric_alarm(**self.settings["wake"], AlarmActions=[put["PolicyARN"]])
        wanted = {policy["PolicyName"] for policy in self.settings["policies"]}
        for name in sorted(set(self.settings["names"]) - wanted):
            self.ignoring(self.scaling.delete_scaling_policy, **self.which, PolicyName=name)
        return {"scales": True}

    def prepare(self, event: dict[str, Any]) -> dict[str, Any]:
        """Before an update to the configuration ``config``: whether it should keep the number of instances that there
        are. An endpoint that sleeps is updated with instances, as a model that nobody started proves nothing."""
        found = self.describe()
        if found is None:
            return {"retain": False}
        before, after = self.variant(found["EndpointConfigName"]), self.variant(event["config"])
        kinds = [(dimension_of(each), (each or {}).get("InstanceType")) for each in (before, after)]
        if before is None or after is None or kinds[0] != kinds[1]:
            self.release(event)
            return {"retain": False}
        counts = {each["VariantName"]: each.get("DesiredInstanceCount", 0) for each in found["ProductionVariants"]}
        return {"retain": counts.get(self.settings["variant"], 0) > 0}

    def release(self, event: dict[str, Any]) -> dict[str, Any]:
        """Scale no more: the policies go with their target. Nothing happens where there is none."""
        for dimension in DIMENSIONS:
            which = {**self.which, "ScalableDimension": dimension}
            self.ignoring(self.scaling.deregister_scalable_target, **which)
        if self.settings["wake"]:
            self.cloudwatch.delete_alarms(AlarmNames=[self.settings["wake"]["AlarmName"]])
        return {"scales": False}

    def ignoring(self, call: Any, **arguments: Any) -> None:
        with contextlib.suppress(self.scaling.exceptions.ObjectNotFoundException):
            call(**arguments)

    def describe(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=self.settings["endpoint"])
            return found
        except self.sagemaker.exceptions.ClientError as error:
            if NOT_FOUND not in str(error):
                raise
            return None

    def variant(self, config: str) -> dict[str, Any] | None:
        found = self.sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        return next((each for each in found if each["VariantName"] == self.settings["variant"]), None)


def dimension_of(variant: dict[str, Any] | None) -> str | None:
    """What can be scaled of a variant; None of a serverless one of which nothing stays awake."""
    instances, awake = DIMENSIONS
    serverless = (variant or {}).get("ServerlessConfig")
    if serverless:
        return awake if serverless.get("ProvisionedConcurrency") else None
    return instances
