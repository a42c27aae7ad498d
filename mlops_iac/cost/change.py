"""What a preview makes of the bill: a month of what is deployed, and a month of what would be.

Both by the use that is assumed now, so that the difference is the change's alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_iac.config.usage import Usage
from mlops_iac.core.urns import STACK_TYPE
from mlops_iac.cost.bill import CostChange, Estimate
from mlops_iac.cost.estimate import Resource, estimate
from mlops_iac.cost.rates import Place
from mlops_iac.engine.event import Op, Result, Step
from mlops_iac.engine.layers import group_by_layer
from mlops_iac.engine.values.signatures import UNKNOWN_TEXT

GONE = (Op.DELETE, Op.DELETE_REPLACED, Op.DISCARD, Op.DISCARD_REPLACED)


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is priced of one side of a change."""

    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]

    def estimate(self, usage: Usage, region: str) -> Estimate:
        """``region`` is what stands where an environment does not say its."""
        place = Place(region=str(self.outputs.get("region") or region), usage=usage)
        return estimate(self.resources, self.outputs, place)


@dataclass(frozen=True, kw_only=True)
class Sides:
    before: Side | None
    """None: nothing is deployed."""
    after: Side
    region: str

    def price(self, usage: Usage) -> CostChange:
        before = self.before.estimate(usage, self.region) if self.before else None
        return CostChange(before=before, after=self.after.estimate(usage, self.region))


def price_change(result: Result, usage: Usage, region: str = "") -> CostChange:
    """The steps of a preview, priced on both sides. ``region`` is what stands where an environment does not say its."""
    return sides_of(result, region).price(usage)


def sides_of(result: Result, region: str = "") -> Sides:
    stack = next((step for step in result.steps if step.type == STACK_TYPE), None)
    were = dict((stack.old or {}).get("outputs") or {}) if stack else {}
    before = tuple(resources_before(result))
    after = Side(resources=tuple(resources_after(result)), outputs=result.outputs)
    return Sides(before=Side(resources=before, outputs=were) if before else None, after=after, region=region)


def resources_before(result: Result) -> list[Resource]:
    """What is deployed, as far as the steps know."""
    return _resources(result, {step.urn: step.old for step in result.steps if step.old})


def resources_after(result: Result) -> list[Resource]:
    """What would be deployed. What only an `up` can know is taken to stay as it is."""
    return _resources(result, {step.urn: _new(step) for step in result.steps if step.new and step.op not in GONE})


def _new(step: Step) -> Mapping[str, Any]:
    new, old = (step.new or {}).get("inputs") or {}, (step.old or {}).get("inputs") or {}
    return {"inputs": {key: old.get(key) if value == UNKNOWN_TEXT else value for key, value in new.items()}}


def _resources(result: Result, states: Mapping[str, Mapping[str, Any] | None]) -> list[Resource]:
    """Each once: a replacement has three steps, which are one resource on either side. What is only read is somebody
    else's, who pays for it."""
    return [
        Resource(layer=layer, type=step.type, inputs=(states[step.urn] or {}).get("inputs") or {})
        for layer, steps in group_by_layer(result.steps).items()
        for step in _once(steps)
        if step.custom and step.op is not Op.READ and step.urn in states
    ]


def _once(steps: list[Step]) -> list[Step]:
    return list({step.urn: step for step in steps}.values())
