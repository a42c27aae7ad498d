"""An operation as a tree, from what it has told so far: layers, and in each the resources that are worked on or done.

The tree only listens; `layout.py` decides what of it fits on a terminal, `live.py` draws it.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mlops_iac.core import urns
from mlops_iac.engine.event import Event, Op, Step, StepDone, StepFailed, StepStarted, Summary
from mlops_iac.render.words import COUNTED


@dataclass(frozen=True)
class Work:
    """One step on one resource."""

    name: str
    """The logical name, without its layer's in front."""
    op: Op
    type: str
    began: float
    seconds: float | None = None
    """None while it goes."""


@dataclass
class Layer:
    """A component under the stack with all it holds, or a resource that stands alone."""

    name: str
    kind: str
    """The component's type, ``DataLake``; empty for a resource that stands alone."""
    running: dict[str, Work] = field(default_factory=dict)
    done: list[Work] = field(default_factory=list)
    failed: list[Work] = field(default_factory=list)
    closed: bool = False
    """The component has told its outputs. Its resources are registered beside it, so some may still come."""
    gone: bool = False
    """The component was deleted, which is done after all that it held."""
    changes: Counter[str] = field(default_factory=Counter)
    began: float = 0.0
    ended: float = 0.0

    @property
    def is_over(self) -> bool:
        return not self.running and (self.closed or not self.kind)

    @property
    def is_shown(self) -> bool:
        """Layers in which nothing is done need no line."""
        return bool(self.running or self.done or self.failed)


@dataclass(frozen=True)
class Frame:
    """The tree at one moment."""

    layers: tuple[Layer, ...]
    changes: Counter[str]
    failed: int
    began: float
    now: float
    is_over: bool = False
    """The operation has told how it ended. Until then nobody knows whether a layer has more to come."""
    succeeded: bool = True
    """False once the operation has told that it ended in another way."""


class Tree:
    """Takes events from any thread; `frame` answers a copy that does not move."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._layers: dict[str, Layer] = {}
        self._parents: dict[str, str] = {}
        self._changes: Counter[str] = Counter()
        self._over, self._succeeded = False, True

    def __call__(self, event: Event) -> None:
        if isinstance(event, Summary):
            self._over, self._succeeded = True, event.outcome == "succeeded"
        if not isinstance(event, StepStarted | StepDone | StepFailed):
            return
        with self._lock:
            if isinstance(event, StepDone) and event.found:  # seen, not done: no change of the operation's own
                self._layer(event.step).running.pop(event.step.urn, None)
                return
            if isinstance(event, StepDone) and _is_counted(event.step):
                self._changes[event.step.op] += 1
            if _is_left_out(event.step):
                return
            layer = self._layer(event.step)
            if not event.step.custom:
                layer.closed = isinstance(event, StepDone)
                layer.gone = layer.closed and event.step.op is Op.DELETE
                return
            match event:
                case StepStarted(step=step):
                    self._start(layer, step)
                case StepDone(step=step, seconds=seconds):
                    self._end(layer, step, seconds, failed=False)
                case StepFailed(step=step, seconds=seconds):
                    self._end(layer, step, seconds, failed=True)

    def frame(self) -> Frame:
        with self._lock:
            layers = tuple(
                Layer(
                    layer.name, layer.kind, dict(layer.running), list(layer.done), list(layer.failed), layer.closed,
                    layer.gone, Counter(layer.changes), layer.began, layer.ended,
                )
                for layer in self._layers.values()
            )  # fmt: skip
            failed = sum(len(layer.failed) for layer in layers)
            return Frame(
                layers, Counter(self._changes), failed, self._began, self._clock(), self._over, self._succeeded
            )

    def _start(self, layer: Layer, step: Step) -> None:
        now = self._clock()
        layer.began = layer.began or now
        if step.op is not Op.SAME:
            layer.running[step.urn] = _work(step, layer, now)

    def _end(self, layer: Layer, step: Step, seconds: float, *, failed: bool) -> None:
        now = self._clock()
        layer.running.pop(step.urn, None)
        if failed:
            layer.failed.append(_work(step, layer, now - seconds, seconds))
        elif _is_counted(step):
            layer.changes[step.op] += 1
        # A replacement is told in three steps; the one that says "replace" took no time and is only counted.
        if not failed and step.op not in (Op.SAME, Op.REPLACE):
            layer.done.append(_work(step, layer, now - seconds, seconds))
        layer.ended = now

    def _layer(self, step: Step) -> Layer:
        self._parents[step.urn] = step.parent or ""
        top = _top(step.urn, self._parents)
        if top not in self._layers:
            urn = urns.parse(top)
            stands_alone = top == step.urn and step.custom
            kind = "" if stands_alone else urn.type.rsplit(":", 1)[-1]
            self._layers[top] = Layer(urn.name, kind)
        return self._layers[top]


def _top(urn: str, parents: dict[str, str]) -> str:
    """The ancestor right under the stack."""
    while True:
        parent = parents.get(urn)
        if not parent or urns.parse(parent).is_stack:
            return urn
        urn = parent


def _is_counted(step: Step) -> bool:
    """As Pulumi counts: components and the stack too, default providers not."""
    default_provider = step.type.startswith("pulumi:providers:") and step.name.startswith("default")
    return step.op in COUNTED and step.logical and not default_provider


def _is_left_out(step: Step) -> bool:
    return step.type == urns.STACK_TYPE or step.type.startswith("pulumi:providers:")


def _work(step: Step, layer: Layer, began: float, seconds: float | None = None) -> Work:
    return Work(step.name.removeprefix(f"{layer.name}-"), step.op, step.type, began, seconds)
