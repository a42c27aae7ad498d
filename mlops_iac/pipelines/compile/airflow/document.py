"""From a pipeline and an environment's names to one DAG file, and to the tasks that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.choices import members
from mlops_iac.pipelines.compile.airflow.choice import OPERATOR as CHOOSE
from mlops_iac.pipelines.compile.airflow.compilers import COMPILERS
from mlops_iac.pipelines.compile.airflow.context import Context, Task, Tasks
from mlops_iac.pipelines.compile.airflow.refused import REFUSED
from mlops_iac.pipelines.compile.airflow.retries import retries
from mlops_iac.pipelines.compile.airflow.source import render
from mlops_iac.pipelines.compile.airflow.validate import check
from mlops_iac.pipelines.compile.bindings import Bindings, check_bindings
from mlops_iac.pipelines.compile.kinds import compile_step
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import JobStep, Step

TARGET = "airflow"

SLACK_SECONDS = 3600
"""What a run may take beyond its jobs: queues, starting machines, retries."""

JOIN = "none_failed_min_one_success"
"""When a task behind several ways of a choice begins: nothing failed, and one of them was gone."""


def compile(pipeline: Pipeline, bindings: Bindings) -> dict[str, Any]:
    """The DAG, checked: its ``dag_id``, its ``tasks``, and the file's ``source``. Raises PipelineError for what Airflow
    or the called services would refuse."""
    check_bindings(pipeline, bindings)
    pipeline = pipeline.guarded
    context = Context(pipeline, bindings)
    made = {step.name: _compile(step, context) for step in pipeline.ordered}
    for step in pipeline.ordered:
        first: Task = next(iter(made[step.name].values()))
        first["after"] = [*first["after"], *(list(made[need])[-1] for need in pipeline.needs(step))]
        if _joins(step, pipeline):
            first["trigger_rule"] = JOIN
    tasks = {name: task for own in made.values() for name, task in own.items()}
    _enter_ways(tasks, made)
    dag = _dag(pipeline, bindings)
    document = {"dag_id": dag["id"], "tasks": tasks, "source": render(dag, tasks)}
    check(document)
    return document


def step_of(task: str) -> str:
    """The step that a task belongs to, by its id: ``deploy--wait`` belongs to ``deploy``."""
    return task.partition("--")[0]


def _dag(pipeline: Pipeline, bindings: Bindings) -> dict[str, Any]:
    """What the file says of the whole."""
    seconds = sum(step.seconds for step in pipeline.steps) + SLACK_SECONDS
    return {
        "id": pipeline.name,  # in its environment: a path of the API has few characters
        "title": f"Pipeline {pipeline.name} of {bindings.stack}",
        "seconds": seconds,
        "parameters": {
            "default": {**hyperparameters.carried(pipeline.defaults), **pipeline.champion_bounds},
            "schema": {"type": "object", "properties": {one.name: _schema(one) for one in pipeline.parameters}},
        },
        "tags": ["mlops-iac", bindings.stack],
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    """https://json-schema.org/understanding-json-schema, as Airflow's Param takes it."""
    if parameter.type == "strings":
        return {"type": "object", "additionalProperties": {"type": "string"}}
    bounds = {"minimum": parameter.minimum, "maximum": parameter.maximum}
    return {
        "type": "number" if parameter.type == "number" else "string",
        **({"enum": [*parameter.allowed]} if parameter.allowed else {}),
        **{name: bound for name, bound in bounds.items() if bound is not None},
    }


def _joins(step: Step, pipeline: Pipeline) -> bool:
    """Whether it comes after ways of a choice in none of which it lies itself."""
    steps, needs = {one.name: one for one in pipeline.steps}, {*pipeline.needs(step)}
    ways = [members(way, steps) for choice in pipeline.steps for way in choice.ways]
    return any(way & needs and step.name not in way for way in ways)


def _enter_ways(tasks: Tasks, made: Mapping[str, Tasks]) -> None:
    """A choice names the first task of each step of its ways."""
    for task in tasks.values():
        if task["operator"] == CHOOSE:
            for way in ("then", "otherwise"):
                task["arguments"][way] = [next(iter(made[name])) for name in task["arguments"][way]]


def _compile(step: Step, context: Context) -> Tasks:
    tasks: Tasks = compile_step(
        step,
        context,
        target=TARGET,
        title="Airflow",
        table=COMPILERS,
        refused=REFUSED,
    )
    if isinstance(step, JobStep):
        more = {**retries(step), **({"reused": step.name} if step.reusable else {})}
        return {name: {**task, **more} for name, task in tasks.items()}
    return tasks
