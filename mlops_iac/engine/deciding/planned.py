"""What a preview decided, as the resources of a plan."""

from __future__ import annotations

from mlops_iac.engine.deciding.plan_file import Planned
from mlops_iac.engine.doing.operation import Operation
from mlops_iac.engine.doing.registrar import Registrar


def planned_resources(operation: Operation, registrar: Registrar) -> dict[str, Planned]:
    """URN to what is planned, in the order of the steps."""
    steps: dict[str, list[str]] = {}
    for step in operation.steps:
        steps.setdefault(step.urn, []).append(str(step.op))
    return {urn: _planned(registrar, urn, tuple(ops)) for urn, ops in steps.items()}


def _planned(registrar: Registrar, urn: str, steps: tuple[str, ...]) -> Planned:
    plan, goal = registrar.plans.get(urn), registrar.goals.get(urn)
    if plan is None:
        return Planned(steps=steps, goal=goal)
    return Planned(
        steps=steps,
        op=str(plan.decision.op),
        inputs=plan.new.inputs,
        goal=goal,
        old=plan.old,
        outputs=plan.old.outputs if plan.old and steps == ("same",) else plan.new.inputs,
    )
