"""What a preview is worth telling a reader, as plain values that can be sent between processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_iac.config.usage import Usage
from mlops_iac.core.errors import MlopsError
from mlops_iac.cost.bill import CostChange
from mlops_iac.cost.change import price_change
from mlops_iac.engine.event import Op, Result, Step, has_changes
from mlops_iac.engine.layers import group_by_layer
from mlops_iac.policy.finding import Report
from mlops_iac.render.stateful import Loss, losses
from mlops_iac.render.steps import changes_inside, is_change, render_steps
from mlops_iac.render.values import render_change, render_value
from mlops_iac.review.pipelines import PipelineChange, pipeline_changes


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    path: str
    told: str
    """What it was and what it becomes, in one line."""
    forces: bool = False
    """Whether it forces the replacement."""


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """One resource; a replacement is one change, not one for each of its halves."""

    name: str
    type: str
    op: str
    properties: tuple[PropertyChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LayerChange:
    layer: str
    resources: tuple[ResourceChange, ...]

    @property
    def is_deleted(self) -> bool:
        return all(one.op == Op.DELETE for one in self.resources)


@dataclass(frozen=True, kw_only=True)
class Review:
    """One environment."""

    stack: str
    changes: Mapping[str, int] = field(default_factory=dict)
    """Op to count."""
    losses: tuple[Loss, ...] = ()
    layers: tuple[LayerChange, ...] = ()
    cost: CostChange | None = None
    pipelines: tuple[PipelineChange, ...] = ()
    policy: Report | None = None
    """None where no policies were asked."""
    details: str = ""
    """Every changed property, as a preview on a terminal has them."""
    notes: tuple[str, ...] = ()
    error: MlopsError | None = None
    """Why there is no preview; everything else is empty then."""

    @property
    def changed(self) -> bool:
        return has_changes(self.changes)

    @property
    def is_refused(self) -> bool:
        return self.policy is not None and self.policy.refuses

    @property
    def is_told(self) -> bool:
        """Whether there is more to tell of it than that it stays."""
        return self.changed or self.is_refused or self.error is not None


def review(stack: str, result: Result, usage: Usage, *, region: str = "", notes: tuple[str, ...] = ()) -> Review:
    """``usage`` and ``region`` are the stack's; ``notes`` are sentences about the preview."""
    return Review(
        stack=stack,
        changes=dict(result.changes),
        losses=tuple(sorted(losses(result.steps), key=lambda loss: loss.name)),
        layers=tuple(_layers(result)),
        cost=price_change(result, usage, region),
        pipelines=pipeline_changes(result),
        policy=result.policy,
        details=render_steps(result.steps, color=False, folded=True),
        notes=notes,
    )


def _layers(result: Result) -> list[LayerChange]:
    """As the program makes them; then what is deleted as a whole, by name, since a program says no order for it."""
    found = []
    for layer, members in group_by_layer(result.steps).items():
        shown = [step for step in members if is_shown(step)]
        if shown:
            shown.sort(key=lambda step: (step.op is Op.DELETE, step.name if step.op is Op.DELETE else ""))
            found.append(LayerChange(layer=layer, resources=tuple(map(_resource, shown))))
    return sorted(found, key=lambda layer: layer.layer if layer.is_deleted else "")


def is_shown(step: Step) -> bool:
    return step.custom and is_change(step) and step.op not in (Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)


def _resource(step: Step) -> ResourceChange:
    properties = [
        PropertyChange(path=one.path, told=_told(one.kind, one.old, one.new), forces=diff.kind.endswith("-replace"))
        for path, diff in sorted(step.diff.items())
        for one in changes_inside(path, diff)
    ]
    return ResourceChange(name=step.name, type=step.type, op=str(step.op), properties=tuple(properties))


def _told(kind: str, old: object, new: object) -> str:
    if kind == "add":
        return render_value(new)
    return f"{render_value(old)} → gone" if kind == "delete" else render_change(old, new)
