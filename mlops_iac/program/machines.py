"""Types of machines that the stack's region does not have: refused before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.gpus import dated, instead_of
from mlops_iac.core.pools import sizes_of
from mlops_iac.pipelines.steps.step import Machines, Step
from mlops_iac.program.pipeline_files import Written

SUMMARY = "The region lacks this type of machine."


def check_machines(config: StackConfig, written: Sequence[Written]) -> None:
    """Raise ConfigError, at its line, for each type with GPUs that a job or the endpoint asks for and that is not in
    the region, as far as the table of `mlops_iac.core.gpus` knows."""
    found = [*_of_jobs(config, written), *_of_endpoint(config), *_of_queues(config)]
    if found:
        raise ConfigError.of({(one.path, one.detail): one for one in found}.values())


def _of_jobs(config: StackConfig, written: Sequence[Written]) -> Iterator[Problem]:
    for one in written:
        for step in one.pipeline.steps:
            for machines in step.jobs():
                if words := _lacking(machines.instance_type, config.region):
                    yield _at(config, one, step, machines, f"Step `{step.name}` asks for {words[0]}", words[1])


def _at(config: StackConfig, one: Written, step: Step, machines: Machines, detail: str, hint: str) -> Problem:
    if one.document and (one.says(step.name, "job") or not machines.settings):
        return one.problem(step.name, "job", SUMMARY, detail, hint)
    path = f"options.{machines.settings}.instance_type" if machines.settings else "options"
    return config.problem(path, SUMMARY, detail, hint)


def _of_endpoint(config: StackConfig) -> Iterator[Problem]:
    kind: Any = getattr(getattr(config.options, "serving", None), "instance_type", "")
    if words := _lacking(kind, config.region):
        yield config.problem("options.serving.instance_type", SUMMARY, f"The endpoint asks for {words[0]}", words[1])


def _of_queues(config: StackConfig) -> Iterator[Problem]:
    pools: Mapping[str, Any] = getattr(config.options, "pools_by_place", {})
    for place, pool in pools.items():
        for number, kind in enumerate(pool.instance_types):
            if words := _lacking(kind, config.region):
                name = place.rpartition(".")[2]
                path = f"options.{place}.instance_types.{number}"
                yield config.problem(path, SUMMARY, f"Queue `{name}` asks for {words[0]}", words[1])


def _lacking(instance_type: str, region: str) -> tuple[str, str] | None:
    """What is wrong with a type or a family, and what to do; None for one that the region has, or of which nothing is
    known."""
    kind = instance_type.removeprefix("ml.")
    sizes = list(sizes_of(kind))
    if not sizes or any(one.is_in(region) is not False for one in sizes):
        return None
    known = sizes[0]
    service = instance_type.removesuffix(kind)
    others = ", ".join(f"`{service}{one.instance_type}` ({one.told})" for one in instead_of(known, region))
    told = known.told if "." in kind else known.name
    detail = f"`{instance_type}` ({told}); {region} did not have it on {dated()}."
    there = sorted(frozenset().union(*(one.regions or () for one in sizes)))
    near = [one for one in there if one.split("-")[0] == region.split("-")[0]] or there
    hint = f"{others} are there; or choose a region that has it: {', '.join(near)}."
    return detail, hint if others else f"choose a region that has it: {', '.join(near)}."
