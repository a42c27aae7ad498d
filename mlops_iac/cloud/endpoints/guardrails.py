"""What a DeploymentConfig asks for: how large a part of the traffic the new fleet gets, and for how long each time.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html: canary and linear shifting, and rolling
deployments, at the end of which SageMaker keeps the old fleet for a last wait.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.gateway import AwsError

DEFAULT_TIMEOUT: Final = 28800
"""Seconds a deployment may take when MaximumExecutionTimeoutInSeconds is left out: its largest value."""
BOUNDS: Final = {"CanarySize": (0, 50), "LinearStepSize": (10, 50), "MaximumBatchSize": (5, 50)}
"""Percent of the variant's instances that a step may be."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of a deployment in which the traffic does not change."""

    share: float
    """What the new fleet gets, 0 to 1."""
    seconds: int
    words: str
    """VariantStatuses' StatusMessage."""


@dataclass(frozen=True, kw_only=True)
class Guardrails:
    """How an update goes, and what takes it back."""

    phases: tuple[Phase, ...]
    alarms: tuple[str, ...]
    timeout: int

    @classmethod
    def of(cls, config: Mapping[str, Any], variants: list[dict[str, Any]], now: list[dict[str, Any]]) -> Guardrails:
        """Raises ValidationException for what SageMaker refuses. ``variants``: the new configuration's; ``now``: those
        that serve."""
        blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
        if blue_green and rolling:
            raise _refused("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be used.")
        if (blue_green or rolling) and any(variant.get("ServerlessConfig") for variant in variants):
            raise _refused("DeploymentConfig is not supported for endpoints with serverless variants.")
        names, before = ({variant["VariantName"] for variant in each} for each in (variants, now))
        if (blue_green or rolling) and names != before:
            raise _refused(f"A deployment with guardrails keeps the variants: {sorted(before)}, not {sorted(names)}.")
        instances = sum(variant.get("InitialInstanceCount", 1) for variant in variants)
        if rolling and len(variants) > 1:
            raise _refused("RollingUpdatePolicy is not supported for endpoints with several variants.")
        if rolling:
            phases = tuple(_rolling(rolling, instances))
        else:
            phases = tuple(_blue_green(blue_green, instances)) if blue_green else ()
        timeout = (blue_green or rolling or {}).get("MaximumExecutionTimeoutInSeconds", DEFAULT_TIMEOUT)
        if (waits := sum(phase.seconds for phase in phases)) > timeout:
            raise _refused(f"The waits take {waits} seconds, MaximumExecutionTimeoutInSeconds is {timeout}.")
        alarms = (config.get("AutoRollbackConfiguration") or {}).get("Alarms") or ()
        return cls(phases=phases, alarms=tuple(alarm["AlarmName"] for alarm in alarms), timeout=timeout)


def _blue_green(policy: Mapping[str, Any], instances: int) -> Iterator[Phase]:
    routing = policy["TrafficRoutingConfiguration"]
    wait, kind = routing["WaitIntervalInSeconds"], routing["Type"]
    if kind == "CANARY":
        yield _baking(_share(routing, "CanarySize", instances), wait)
    if kind == "LINEAR":
        step = _share(routing, "LinearStepSize", instances)
        for number in range(1, math.ceil(1 / step - 1e-9)):
            yield _baking(number * step, wait)
    yield _baking(1.0, policy.get("TerminationWaitInSeconds", 0), " (TerminationWaitInSeconds)")


def _rolling(policy: Mapping[str, Any], instances: int) -> Iterator[Phase]:
    batch = _share(policy, "MaximumBatchSize", instances)
    for number in range(1, math.ceil(1 / batch - 1e-9) + 1):
        yield _baking(min(number * batch, 1.0), policy["WaitIntervalInSeconds"])


def _baking(share: float, seconds: int, what: str = "") -> Phase:
    words = f"Baking for {seconds} seconds{what} with traffic enabled on {share:.0%} of the fleet"
    return Phase(share=share, seconds=seconds, words=words)


def _share(policy: Mapping[str, Any], name: str, instances: int) -> float:
    size = policy.get(name)
    if size is None:
        raise _refused(f"{name} is required for this kind of traffic shifting.")
    percent = size["Value"] if size["Type"] == "CAPACITY_PERCENT" else 100 * size["Value"] / instances
    least, most = BOUNDS[name]
    if not least <= percent <= most:
        raise _refused(f"{name} is {percent:g}% of the variant's instances; it must be {least} to {most}%.")
    return float(percent / 100)


def _refused(why: str) -> AwsError:
    return AwsError("ValidationException", why)
