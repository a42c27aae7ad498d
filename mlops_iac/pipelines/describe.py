"""A pipeline in the environment's contract: what those who start, follow and read its runs need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.core import environment as env
from mlops_iac.pipelines.caching import cache_facts
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep, Source
from mlops_iac.pipelines.steps.step import JobStep, Output, ScriptStep, Step
from mlops_iac.pipelines.steps.tune import TuneStep

_PRICED = ("instance_type", "instance_count", "volume_gib", "max_minutes")
"""What of a job's machines says its price."""

_TOLD = ("type", "default", "description", "allowed", "minimum", "maximum")
"""What an environment's contract says of a parameter."""


def describe(pipeline: Pipeline, zones: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `mlops_iac.core.environment.Pipeline` that the pipeline itself answers for.

    ``zones`` are those of the store that its runs write to: zone name to key prefix.
    """

    def key_of(source: Source) -> str:
        assert isinstance(source, FromStep)
        made = pipeline.made(source)
        assert isinstance(made, Output)
        return key_of_output(made, zones)

    return {
        "name": pipeline.name,
        "scripts": pipeline.scripts,
        "parameters": {
            one.name: env.Parameter(**{field: getattr(one, field) for field in _TOLD}) for one in pipeline.parameters
        },
        "steps": tuple(
            env.Step(
                name=s.name,
                kind=s.kind,
                facts={**s.facts(key_of), **folders_of(s, zones), **machines_of(s), **_cached(s)},
            )
            for s in pipeline.ordered
        ),
    }


def _cached(step: Step) -> Mapping[str, Any]:
    return cache_facts(step) if isinstance(step, JobStep) else {}


def machines_of(step: Step) -> dict[str, Any]:
    """The fact by which a step says what a run of it takes; empty for what has no machines of its own."""
    if isinstance(step, ScriptStep) and step.compute == "batch":
        nodes = {"nodes": step.job.instance_count} if step.job.instance_count > 1 else {}
        return {env.MACHINES: [{"vcpus": step.job.vcpus, **nodes, "max_minutes": step.machines.max_minutes}]}
    times = {"times": step.trials} if isinstance(step, TuneStep) else {}
    machines = [{**job.model_dump(include=set(_PRICED)), **times} for job in step.jobs()]
    return {env.MACHINES: machines} if machines else {}


def folders_of(step: Step, zones: Mapping[str, str]) -> dict[str, Any]:
    """The fact by which a step says where it writes."""
    made = [one for one in step.makes().values() if isinstance(one, Output)]
    folders = [key_of_output(one, zones) for one in made if one.per == "run"]
    return {env.FOLDERS: folders} if folders else {}


def key_of_output(output: Output, zones: Mapping[str, str]) -> str:
    """Key prefix of a folder that a run makes, ending in a slash, with ``{run}`` for its id; ``{code}`` stands for
    the code's sha."""
    folder = f"{output.folder}/" if output.folder else ""
    return f"{zones[output.zone]}{folder}{{code}}/" if output.per == "code" else f"{zones[output.zone]}{{run}}/{folder}"
