"""The jobs of a ``map`` step: a processing job whose script is the map runner (`mlops_iac_map.py`), on every target.

A job works on one item, where an orchestrator starts a job for each; or on the whole list, of which each of its
instances takes a share. On either it runs an item's indices itself, unless it is a container of an array.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

from pydantic import model_validator

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.steps import MapStep, ProcessingStep
from mlops_iac.pipelines.steps.folders import PROCESSING
from mlops_iac.pipelines.steps.map import KEPT, RESULTS
from mlops_iac.pipelines.steps.step import Output

RUNNER = "mlops_iac_map.py"
ORDER, PLAN = "order", "plan"
SUMMARY, NUMBERS = "summary.json", "items.json"
"""What a plan leaves: how many tasks are known, and the numbers of the items that are left to do."""
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
    """The job of an item, which the orchestrator adds with its number: ``--map-item`` and ``--map-number``. Whether an
    item may fail decides who starts the jobs."""
    _check_machines(step)
    return _job(step, {"map-containers": str(step.containers)}, tolerate="0")


def for_order(step: MapStep) -> MapJob:
    """The job of an item that a plan wrote an order for, which is an input: its item, and what is known of it."""
    _check_machines(step)
    told = {"map-containers": str(step.containers), **_cache(step, "order")}
    return _job(step, told, tolerate="0", inputs={ORDER: step.output(ORDER)}, outputs={KEPT: step.makes()[KEPT]})


def for_plan(step: MapStep) -> MapJob:
    """The job that reads the list and what is kept, and writes the orders of what is left to do."""
    kept = {KEPT: step.output(KEPT)}
    return _of_list(step, _cache(step, "plan"), inputs=kept, outputs={PLAN: plan_folder(step)})


def for_all_items(step: MapStep) -> MapJob:
    """The job that reads the list itself, and runs it."""
    if not step.cache:
        return _of_list(step, {})
    return _of_list(step, _cache(step, "all"), inputs={KEPT: step.output(KEPT)}, outputs={KEPT: step.makes()[KEPT]})


def plan_folder(step: MapStep) -> Output:
    return Output(zone=step.results.zone, folder=f"{step.name}-plan")


def _check_machines(step: MapStep) -> None:
    if step.job.instance_count > 1:
        raise PipelineError(
            "An item has one machine.",
            f"Step `{step.name}` asks for {step.job.instance_count} instances; here each item has a job of its own, of "
            "one instance.",
            hint="leave out `job.instance_count`; `max_concurrency` says how many items are worked on at once.",
        )


def _cache(step: MapStep, how: str) -> dict[str, str]:
    """``how`` the runner treats what is kept. The step's variables are part of the keys; the runner sees them among
    those of the machine, so it is told their hash."""
    variables = hashlib.sha256(json.dumps(step.environment, sort_keys=True).encode()).hexdigest()
    return {"map-cache": how, "map-variables": variables[:16]}


def _of_list(step: MapStep, told: Mapping[str, str], **folders: Any) -> MapJob:
    if step.written is None:
        told = {"map-items-file": f"{PROCESSING}/input/items/{step.items_file}", **told}
        folders["inputs"] = {"items": step.items, **folders.get("inputs", {})}
        return _job(step, told, **folders)
    text = json.dumps(step.written, separators=(",", ":"))
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    if len(pieces) > MOST_PIECES:
        raise PipelineError(
            "The list of items is too long.",
            f"The {len(step.written):,} items of step `{step.name}` have {len(text):,} characters; a job is told "
            f"{PIECE * MOST_PIECES:,} at most.",
            hint="put the items into a file of the lake, and name its folder in `items`.",
        )
    # The pieces come last of ours: the runner takes them from the front of what it does not know.
    return _job(step, {**told, **{f"map-items-{number}": piece for number, piece in enumerate(pieces)}}, **folders)


def _job(
    step: MapStep,
    told: Mapping[str, str],
    *,
    tolerate: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
) -> MapJob:
    own = {
        "map-script": step.script,
        "map-inner": str(step.inner),
        "map-tolerate": str(step.tolerate) if tolerate is None else tolerate,
        **told,
    }
    return MapJob(
        name=step.name,
        after=step.after,
        script=RUNNER,
        compute=step.compute,
        queue=step.queue,
        job=step.job,
        retry=step.retry,
        timeout_minutes=step.timeout_minutes,
        inputs={**step.inputs, **(inputs or {})},
        outputs={RESULTS: step.results, **(outputs or {})},
        arguments={**own, **step.arguments},
        environment=step.environment,
    )
