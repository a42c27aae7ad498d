"""From a pipeline and an environment's names to one state machine definition."""

from __future__ import annotations

import itertools
from typing import Any

from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.blocks import blocks_of
from mlops_iac.pipelines.compile.bindings import Bindings, check_bindings
from mlops_iac.pipelines.compile.jobs import script_mode
from mlops_iac.pipelines.compile.kinds import compile_step
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions import limits
from mlops_iac.pipelines.compile.step_functions.beside import JOINED, series
from mlops_iac.pipelines.compile.step_functions.compilers import COMPILERS
from mlops_iac.pipelines.compile.step_functions.context import Context, State, States
from mlops_iac.pipelines.compile.step_functions.failure import failure_states
from mlops_iac.pipelines.compile.step_functions.query import constants
from mlops_iac.pipelines.compile.step_functions.refused import REFUSED
from mlops_iac.pipelines.compile.step_functions.structure import all_states
from mlops_iac.pipelines.compile.step_functions.validate import check
from mlops_iac.pipelines.guards import GUARD
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import JobStep, MapStep, QueryStep, Step, TrainingStep

TARGET = "step-functions"

START, SET_UP, DONE = "Start", "Set up", "Done"

WHENCE, TAKE_UP, GO_ON = "Begin or go on", "Take up", "Go on"
"""How an execution goes on where another one broke off: its input says where, in ``resume``."""

SLACK_SECONDS = 3600
"""What an execution may take beyond its jobs: queues, starting machines, retries."""


def compile(pipeline: Pipeline, bindings: Bindings) -> dict[str, Any]:
    """The definition, checked. Raises PipelineError for what Step Functions or the called services would refuse."""
    check_bindings(pipeline, bindings)
    pipeline = pipeline.guarded

    def compile_one(step: Step, following: str, otherwise: str) -> States:
        context = Context(pipeline, bindings, following, otherwise)
        states: States = compile_step(
            step, context, target=TARGET, title="Step Functions", table=COMPILERS, refused=REFUSED
        )
        return _reused(step, states, following) if isinstance(step, JobStep) and step.reusable else states

    steps = series(blocks_of(pipeline), DONE, compile_one, itertools.count(1))
    starts = [name for name in steps if step_of(name) == name and not name.startswith(JOINED)]
    reuse = Context(pipeline, bindings, "").reuse
    states: States = {**_begin(pipeline, bindings, next(iter(steps))), **_go_on(starts), **steps}
    for state in (state for name, state in all_states({"States": states}) if name in (SET_UP, TAKE_UP) or _joins(name)):
        state["Parameters"] |= {f"{name}.$": f"$.{name}" for name in reuse}
    states[DONE] = {"Type": "Succeed"}
    states.update(failure_states(bindings.stack, pipeline.name, bindings.alerts_topic_arn))
    document = {
        "Comment": f"Pipeline {pipeline.name} of {bindings.stack}, compiled by mlops-iac",
        "QueryLanguage": "JSONPath",
        "TimeoutSeconds": _longest(pipeline),
        "StartAt": START,
        "States": _in_partition(states, bindings.partition),
    }
    check(document)
    return document


def _reused(step: Step, states: States, following: str) -> States:
    """Before a step it is asked whether a run before did the same: then its work is what that one left."""
    take, do = f"{step.name}: reuse", f"{step.name}: do"
    taken = x.taken(step.name)
    return {
        step.name: {"Type": "Choice", "Choices": [{"Variable": taken, "IsPresent": True, "Next": take}], "Default": do},
        take: {"Type": "Pass", "InputPath": taken, "ResultPath": x.result(step.name), "Next": following},
        **{do if name == step.name else name: state for name, state in states.items()},
    }


def _in_partition(states: States, partition: str) -> States:
    """Every task's integration as the ARN that it has in this partition."""
    return {name: _settled(state, partition) for name, state in states.items()}


def _settled(state: State, partition: str) -> State:
    if state["Type"] == "Parallel":
        branches = [{**one, "States": _in_partition(one["States"], partition)} for one in state["Branches"]]
        return {**state, "Branches": branches}
    if state["Type"] == "Map":
        inner = state["ItemProcessor"]
        settled = {**state, "ItemProcessor": {**inner, "States": _in_partition(inner["States"], partition)}}
        return {**settled, "ItemReader": _called(state["ItemReader"], partition)} if "ItemReader" in state else settled
    return _called(state, partition) if state["Type"] == "Task" else state


def _called(what: State, partition: str) -> State:
    return {**what, "Resource": f"arn:{partition}:states:::{what['Resource']}"}


def _joins(name: str) -> bool:
    return name.startswith(f"{JOINED} ")


def step_of(state: str) -> str:
    """The step that a state belongs to, by its name: ``gate: compare`` belongs to ``gate``, as ``gate--when`` does."""
    return state.partition(":")[0].partition(GUARD)[0]


def _begin(pipeline: Pipeline, bindings: Bindings, first: str) -> States:
    """Complete the input: defaults for what the run does not say, and fixed values that expressions read."""
    context = Context(pipeline, bindings, first)
    fixed = {x.key(step.name): found for step in pipeline.ordered if (found := _constants(step, context))}
    return {
        START: {
            "Type": "Pass",
            "Result": {"defaults": {**hyperparameters.carried(pipeline.defaults), **pipeline.champion_bounds}, **fixed},
            "ResultPath": "$.constants",
            "Next": WHENCE,
        },
        WHENCE: {
            "Type": "Choice",
            "Choices": [{"Variable": "$.resume", "IsPresent": True, "Next": TAKE_UP}],
            "Default": SET_UP,
        },
        SET_UP: {"Type": "Pass", "Parameters": {**_INPUT, "steps": {}}, "Next": first},
    }


_INPUT = {
    "run.$": x.RUN,
    "code.$": "$.code",
    "names.$": "$.names",
    "parameters.$": x.merge("$.constants.defaults", "$.parameters"),
    "constants.$": "$.constants",
}
"""What every state is given, beside what steps leave."""


def _go_on(starts: list[str]) -> States:
    """Begin at a later state, with what the steps before it left in another execution."""
    taken = {**_INPUT, "steps.$": "$.resume.steps", "at.$": "$.resume.at"}
    choices = [{"Variable": "$.at", "StringEquals": state, "Next": state} for state in starts]
    return {
        TAKE_UP: {"Type": "Pass", "Parameters": taken, "Next": GO_ON},
        GO_ON: {"Type": "Choice", "Choices": choices},
    }


def _constants(step: Step, context: Context) -> State:
    """Fixed values of a step that its expressions read."""
    if isinstance(step, TrainingStep):
        return {**script_mode(step, context.bindings.region)}
    if isinstance(step, MapStep) and step.written is not None and not step.cache:
        return {"items": [*step.written]}
    return constants(step, context) if isinstance(step, QueryStep) else {}


def _longest(pipeline: Pipeline) -> int:
    """Seconds after which the whole execution is given up."""
    return min(sum(step.seconds for step in pipeline.steps) + SLACK_SECONDS, limits.EXECUTION_SECONDS)
