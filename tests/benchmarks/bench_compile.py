"""A pipeline of thirty steps to each orchestrator's document, checks included."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import Output, ProcessingStep, Step
from tests.benchmarks.measure import show
from tests.support.samples import SAMPLES

ROUNDS = 20
STEPS = 30


def main() -> None:
    pipeline, bindings = wide(), Bindings.placeholder("screening-dev", "eu-central-1")
    for name in TARGETS:
        target = get_target(name)
        target.compile(pipeline, bindings)  # the services' models are read once
        show(f"{STEPS} steps to {name}", least(partial(target.compile, pipeline, bindings)), "ms", "must be at most 50")


def wide() -> Pipeline:
    """The sample that trains and deploys, with scripts beside each other before it: thirty steps in all."""
    sample = SAMPLES["deploy"]()
    first = sample.ordered[0]
    beside: list[Step] = [
        ProcessingStep(
            name=f"look-{number}", script="look.py", inputs={"data": first.output("data")},
            outputs={"report": Output(zone="models", folder=f"look-{number}")},
        )
        for number in range(STEPS - len(sample.steps))
    ]  # fmt: skip
    return Pipeline(name="wide", parameters=sample.parameters, steps=(*sample.steps, *beside))


def least(function: Callable[[], object]) -> float:
    """Milliseconds of CPU of a call, the least of several."""
    found = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        function()
        found = min(found, time.process_time() - before)
    return found * 1000
