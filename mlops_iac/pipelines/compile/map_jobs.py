"""The jobs of a ``map`` step: a processing job whose script is the map runner (`mlops_iac_map.py`), on every target.

A job works on one item, where an orchestrator starts a job for each; or on the whole list, of which each of its
instances takes a share. On either it runs an item's indices itself, unless it is a container of an array.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.steps import MapStep, ProcessingStep
from mlops_iac.pipelines.steps.folders import PROCESSING
from mlops_iac.pipelines.steps.map import RESULTS

RUNNER = "mlops_iac_map.py"
PIECE = 250
"""Characters of one argument: SageMaker takes 256, and 100 arguments.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html"""
MOST_PIECES = 36


class MapJob(ProcessingStep):
    """A processing job that runs many tasks. Several instances of it share the items, so nothing else is shared."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_places()
        return self


def for_one_item(step: MapStep) -> MapJob:
    """The job of an item, which the orchestrator adds with its number: ``--map-item`` and ``--map-number``."""
    if step.job.instance_count > 1:
        raise PipelineError(
            "An item has one machine.",
            f"Step `{step.name}` asks for {step.job.instance_count} instances; here each item has a job of its own, of "
            "one instance.",
            hint="leave out `job.instance_count`; `max_concurrency` says how many items are worked on at once.",
        )
    return _job(step, {})


def for_all_items(step: MapStep) -> MapJob:
    """The job that reads the list itself."""
    if step.written is None:
        return _job(step, {"map-items-file": f"{PROCESSING}/input/items/{step.items_file}"}, with_items=True)
    text = json.dumps(step.written, separators=(",", ":"))
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    if len(pieces) > MOST_PIECES:
        raise PipelineError(
            "The list of items is too long.",
            f"The {len(step.written):,} items of step `{step.name}` have {len(text):,} characters; a job is told "
            f"{PIECE * MOST_PIECES:,} at most.",
            hint="put the items into a file of the lake, and name its folder in `items`.",
        )
    return _job(step, {f"map-items-{number}": piece for number, piece in enumerate(pieces)})


def _job(step: MapStep, told: Mapping[str, str], *, with_items: bool = False) -> MapJob:
    own = {"map-script": step.script, "map-inner": str(step.inner), "map-tolerate": str(step.tolerate), **told}
    items = {"items": step.items} if with_items else {}
    return MapJob(
        name=step.name,
        after=step.after,
        script=RUNNER,
        compute=step.compute,
        queue=step.queue,
        job=step.job,
        retry=step.retry,
        timeout_minutes=step.timeout_minutes,
        inputs={**step.inputs, **items},
        outputs={RESULTS: step.results},
        arguments={**own, **step.arguments},
        environment=step.environment,
    )
