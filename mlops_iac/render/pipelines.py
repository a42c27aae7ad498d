"""Pipelines for people: in lines, and as a picture of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.kinds import answer
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import JobStep, Step
from mlops_iac.pipelines.steps.step import Output
from mlops_iac.render.escape import dot, mermaid


def summary(pipelines: Sequence[tuple[Pipeline, str]]) -> Iterator[str]:
    """A line for each pipeline, with who says it."""
    width = max((len(pipeline.name) for pipeline, _ in pipelines), default=0)
    for pipeline, origin in pipelines:
        yield f"{pipeline.name:<{width}}  {' → '.join(step.name for step in pipeline.ordered)}  ({origin})"


def details(pipeline: Pipeline, target: str) -> Iterator[str]:
    """Its parameters, then its steps in an order in which they can be done."""
    yield f"Pipeline {pipeline.name} on {target}"
    for parameter in pipeline.parameters:
        value = f"{parameter.default}  ({parameter.type})"
        yield f"  parameters.{parameter.name} = {value}  {parameter.description}".rstrip()
    for step in pipeline.ordered:
        yield ""
        yield f"  {step.name}  ({step.kind})"
        yield from (f"    {line}" for line in _step(pipeline, step, target))


def _step(pipeline: Pipeline, step: Step, target: str) -> Iterator[str]:
    for script in step.scripts().values():
        yield f"runs    {script}"
    for read in step.all_reads():
        yield f"reads   {read.field} from {read.source}"
    yield from (f"when    {one.told}" for one in step.when if step.conditional)
    for name, made in step.makes().items():
        where = f" in {made.zone}/RUN/{made.folder}" if isinstance(made, Output) else ""
        yield f"makes   {step.name}.{name}{where}"
    if waits := [
        name for name in step.after if name not in {str(read.source).partition(".")[0] for read in step.all_reads()}
    ]:
        yield f"waits   for {', '.join(waits)}"
    if isinstance(step, JobStep) and step.retry:
        after = ", ".join(step.retry.errors) or "anything"
        yield f"again   up to {step.retry.attempts} times after {after}, first {step.retry.interval_seconds} s later"
    if isinstance(step, JobStep) and step.reusable:
        yield f"reuses  what a run did that is no older than {step.reusable.days} days"
    for job in step.jobs():
        yield f"on      {job.instance_count} × {job.instance_type}, {job.max_minutes} minutes at most"
    if step.kind in get_target(target).COMPILERS:
        yield f"by      {answer(type(step), get_target(target)).how}"


def render_mermaid(pipeline: Pipeline) -> str:
    """A Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html"""
    ids = {step.name: f"s{number}" for number, step in enumerate(pipeline.ordered)}
    lines = ["flowchart LR"]
    lines += [f'  {ids[step.name]}["{mermaid(step.name)}<br/>{mermaid(step.kind)}"]' for step in pipeline.ordered]
    lines += [f"  {ids[need]} --> {ids[step.name]}" for step in pipeline.ordered for need in pipeline.needs(step)]
    return "\n".join(lines)


def render_dot(pipeline: Pipeline) -> str:
    """The same as a Graphviz digraph: https://graphviz.org/doc/info/lang.html"""
    lines = ["digraph pipeline {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += [f'  "{dot(step.name)}" [label="{dot(step.name)}\\n{dot(step.kind)}"];' for step in pipeline.ordered]
    lines += [f'  "{need}" -> "{step.name}";' for step in pipeline.ordered for need in pipeline.needs(step)]
    return "\n".join([*lines, "}"])
