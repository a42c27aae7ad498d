"""Who looks at the alarms of policies, and changes how many instances a variant has.

AWS carries a policy out as long as one of its alarms rings, so here all are looked at every few seconds, and at once
when an alarm changes or the clock is moved. Time is the cloud's clock.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from mlops_iac.cloud.autoscaling import measuring
from mlops_iac.cloud.autoscaling.alarms import HIGH
from mlops_iac.cloud.autoscaling.book import AWAKE, Book, Place, Which
from mlops_iac.cloud.autoscaling.deciding import COOLDOWN, Bounds, Last, base, is_cool, step, track
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.telemetry.alarms import Ringing, find_ringing

log = logging.getLogger("mlops_iac.cloud.autoscaling")

LOOK_EVERY: Final = 5.0
"""Seconds between two looks when nothing happens."""
LONGEST_CHANGE: Final = 900.0
"""Seconds until a change of capacity is given up."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a policy would have."""

    policy: dict[str, Any]
    wanted: int
    cause: str
    out: bool


class Scaler:
    """One per cloud, in a thread of its own."""

    def __init__(self, gateway: Gateway, book: Book) -> None:
        self._gateway, self._book = gateway, book
        self._minutes = measuring.Minutes(gateway, book)
        self._wake, self._stopped, self._looking = threading.Event(), threading.Event(), threading.Lock()

    def install(self) -> None:
        self._gateway.on_restore(self._book.settle)
        self._gateway.on_start(lambda: threading.Thread(target=self._keep, name="autoscaling", daemon=True).start())
        self._gateway.on_news(lambda news: self.wake() if news.kind == "alarm" else None)
        self._gateway.on_moved(self.look)
        self._gateway.on_stop(self._stop)

    def wake(self) -> None:
        self._wake.set()

    def look(self) -> None:
        """Publish what has become due, and decide for every target."""
        with self._looking:
            self._minutes.publish()
            for place, which, target in list(self._book.targets()):
                try:
                    self._decide(place, which, target)
                except Exception:
                    log.exception("Scaling of %s met an error of the embedded cloud.", which.resource)

    def _stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def _keep(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(LOOK_EVERY)
            self._wake.clear()
            if self._gateway.ready.is_set() and not self._stopped.is_set():
                self.look()

    # Decisions --------------------------------------------------------------------------------------------------------

    def _decide(self, place: Place, which: Which, target: dict[str, Any]) -> None:
        count = self._count(place, which)
        if count is None:  # not there, or being changed: it is looked at again
            return
        bounds = Bounds(least=target["MinCapacity"], most=target["MaxCapacity"])
        if count != bounds.clamp(count):
            side, bound = ("minimum", bounds.least) if count < bounds.least else ("maximum", bounds.most)
            self._change(place, which, bound, f"{side} capacity was set to {bound}")
            return
        wish = self._choose(place, which, target, count, bounds)
        if wish is None:
            return
        if self._change(place, which, wish.wanted, wish.cause):
            side = "_out" if wish.out else "_in"
            last = {"at": now(), "before": count}
            self._book.put_policy(place, which, wish.policy["PolicyName"], **{side: last})

    def _choose(self, place: Place, which: Which, target: dict[str, Any], count: int, bounds: Bounds) -> Wish | None:
        """Of several policies, the one that wants most; fewer only when none that may take away objects."""
        suspended = target["SuspendedState"]
        policies = self._book.policies(place, which)
        wishes = [wish for policy in policies for wish in self._wishes(place, policy, count)]
        wishes = [
            Wish(policy=each.policy, wanted=bounds.clamp(each.wanted), cause=each.cause, out=each.out)
            for each in wishes
        ]
        out = [wish for wish in wishes if wish.out and wish.wanted > count]
        if out and not suspended["DynamicScalingOutSuspended"]:
            return max(out, key=lambda wish: wish.wanted)
        fewer = [wish for wish in wishes if not wish.out and wish.wanted < count]
        tracking = [each for each in policies if each["PolicyType"] == "TargetTrackingScaling"]
        agreed = {each.policy["PolicyName"] for each in wishes if not each.out}
        objects = [each for each in tracking if len(each["Alarms"]) > 1 and each["PolicyName"] not in agreed]
        if fewer and not objects and not suspended["DynamicScalingInSuspended"]:
            return max(fewer, key=lambda wish: wish.wanted)
        return None

    def _wishes(self, place: Place, policy: dict[str, Any], count: int) -> Iterator[Wish]:
        for alarm in find_ringing(self._gateway, place.account, place.region, policy["PolicyARN"]):
            cause = f"monitor alarm {alarm.name} in state ALARM triggered policy {policy['PolicyName']}"
            if policy["PolicyType"] == "StepScaling":
                yield from _by_steps(policy, count, alarm, cause)
            else:
                yield from _by_target(policy, count, alarm, cause)

    # What is done -----------------------------------------------------------------------------------------------------

    def _count(self, place: Place, which: Which) -> int | None:
        """How many instances there are, or are awake; None where nothing can be changed now."""
        named = which.variant()
        if named is None:
            return None
        client = self._sagemaker(place)
        try:
            found = client.describe_endpoint(EndpointName=named[0])
        except client.exceptions.ClientError:
            return None
        if found["EndpointStatus"] != "InService":
            return None
        variant: dict[str, Any] = next(
            (dict(each) for each in found["ProductionVariants"] if each["VariantName"] == named[1]), {}
        )
        if which.dimension == AWAKE:
            return dict(variant.get("DesiredServerlessConfig") or {}).get("ProvisionedConcurrency")
        count: int | None = variant.get("DesiredInstanceCount")
        return count

    def _change(self, place: Place, which: Which, wanted: int, cause: str) -> bool:
        """Set the capacity, and wait until it is there; what came of it is an activity."""
        endpoint, variant = which.variant() or ("", "")
        what = "provisioned concurrency" if which.dimension == AWAKE else "instance count"
        key = self._book.begin(place, which, f"Setting desired {what} to {wanted}.", cause)
        client = self._sagemaker(place)
        try:
            client.update_endpoint_weights_and_capacities(
                EndpointName=endpoint,
                DesiredWeightsAndCapacities=[{"VariantName": variant, **_capacity(which, wanted)}],
            )
            fault = self._wait(client, endpoint)
        except client.exceptions.ClientError as error:
            fault = str(error.response["Error"]["Message"])
        told = f"set desired {what} to {wanted}."
        if fault:
            self._book.end(key, "Failed", f"Failed to {told} Reason: {fault}")
        else:
            self._book.end(key, "Successful", f"Successfully {told} Change successfully fulfilled by sagemaker.")
        log.info("%s: %s %s", which.resource, f"desired {what} {wanted}.", fault or cause)
        return not fault

    def _wait(self, client: Any, endpoint: str) -> str:
        """Until the endpoint is in service again; answers why it is not as it should be, or nothing."""
        until = now() + timedelta(seconds=LONGEST_CHANGE)
        while not self._stopped.wait(0.1):
            found = client.describe_endpoint(EndpointName=endpoint)
            if found["EndpointStatus"] != "Updating":
                return str(found.get("FailureReason") or "")
            if now() > until:
                break
        return "The change did not end."

    def _sagemaker(self, place: Place) -> Any:
        return self._gateway.clients(place.region, place.account)("sagemaker")


def _capacity(which: Which, wanted: int) -> dict[str, Any]:
    """As UpdateEndpointWeightsAndCapacities takes it."""
    if which.dimension == AWAKE:
        return {"ServerlessUpdateConfig": {"ProvisionedConcurrency": wanted}}
    return {"DesiredInstanceCount": wanted}


def _by_target(policy: dict[str, Any], count: int, alarm: Ringing, cause: str) -> Iterator[Wish]:
    config, high = policy["TargetTrackingScalingPolicyConfiguration"], HIGH in alarm.name
    moment, side = now(), "_out" if high else "_in"
    last, seconds = _last(policy, side), config.get("ScaleOutCooldown" if high else "ScaleInCooldown", COOLDOWN)
    if high:
        wanted = track(config, base(last, seconds, moment, count), alarm.values, high=True)
        yield Wish(policy=policy, wanted=wanted, cause=cause, out=True)
    elif is_cool(last, seconds, moment) and not config.get("DisableScaleIn"):
        yield Wish(policy=policy, wanted=track(config, count, alarm.values, high=False), cause=cause, out=False)


def _by_steps(policy: dict[str, Any], count: int, alarm: Ringing, cause: str) -> Iterator[Wish]:
    if not alarm.values:
        return
    config, moment = policy["StepScalingPolicyConfiguration"], now()
    over = _aggregate(config, alarm.values) - alarm.threshold
    seconds = config.get("Cooldown", COOLDOWN)
    wanted = step(config, count, over)
    if wanted > count:
        wanted = step(config, base(_last(policy, "_out"), seconds, moment, count), over)
        yield Wish(policy=policy, wanted=wanted, cause=cause, out=True)
    elif is_cool(_last(policy, "_in"), seconds, moment):
        yield Wish(policy=policy, wanted=wanted, cause=cause, out=False)


def _aggregate(config: dict[str, Any], values: list[float]) -> float:
    kind = config.get("MetricAggregationType", "Average")
    return {"Minimum": min, "Maximum": max}.get(kind, lambda found: sum(found) / len(found))(values)


def _last(policy: dict[str, Any], side: str) -> Last | None:
    found: dict[str, Any] | None = policy.get(side)
    return Last(at=found["at"], before=found["before"]) if found else None
