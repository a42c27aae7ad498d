"""Recorded events, and a clock that goes when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from mlops_iac.core import urns
from mlops_iac.engine.event import Event, Op, Step, StepDone, StepFailed, StepStarted
from mlops_iac.render.tree import Tree

STACK = "urn:pulumi:a-dev::mlops-iac::pulumi:pulumi:Stack::mlops-iac-a-dev"
TYPES = {"lake": "DataLake", "flow": "StepFunctions", "endpoint": "Endpoint"}


@dataclass
class Clock:
    """Seconds, set by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def component(name: str, op: Op = Op.CREATE) -> Step:
    token = f"mlops-iac:index:{TYPES.get(name, 'Layer')}"
    urn = urns.make("a-dev", "mlops-iac", token, name, STACK)
    return Step(op=op, urn=urn, type=token, name=name, parent=STACK, custom=False)


def resource(layer: str, child: str, op: Op = Op.CREATE, *, type: str = "aws:s3/bucket:Bucket", **fields) -> Step:
    parent = component(layer).urn
    name = f"{layer}-{child}"
    urn = urns.make("a-dev", "mlops-iac", type, name, parent)
    return Step(op=op, urn=urn, type=type, name=name, parent=parent, **fields)


@dataclass
class Story:
    """Tells events to whoever listens, with the time that each step took."""

    listen: Callable[[Event], object]
    clock: Clock

    def begin(self, *steps: Step) -> Story:
        for step in steps:
            self.listen(StepStarted(step=step))
        return self

    def end(self, *steps: Step, after: float = 0.0) -> Story:
        self.clock.now += after
        for step in steps:
            self.listen(StepDone(step=step, seconds=after))
        return self

    def fail(self, step: Step, error: Exception, after: float = 0.0) -> Story:
        self.clock.now += after
        self.listen(StepFailed(step=step, error=error, seconds=after))
        return self


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tree(clock: Clock) -> Tree:
    return Tree(clock)


@pytest.fixture
def story(tree: Tree, clock: Clock) -> Story:
    """A story that is told to ``tree``."""
    return Story(tree, clock)
