"""From a pipeline and an environment's names to one pipeline definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.choices import members
from mlops_iac.pipelines.compile.bindings import Bindings, check_bindings
from mlops_iac.pipelines.compile.kinds import check_compute, compile_step
from mlops_iac.pipelines.compile.sagemaker_pipelines import expressions as x
from mlops_iac.pipelines.compile.sagemaker_pipelines.compilers import COMPILERS
from mlops_iac.pipelines.compile.sagemaker_pipelines.context import Context, Native
from mlops_iac.pipelines.compile.sagemaker_pipelines.refused import REFUSED, REFUSED_COMPUTE
from mlops_iac.pipelines.compile.sagemaker_pipelines.validate import check
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ChoiceStep, DeployStep, GateStep, JobStep, Step

TARGET, TITLE = "sagemaker-pipelines", "SageMaker Pipelines"

VERSION = "2020-12-01"


def compile(pipeline: Pipeline, bindings: Bindings) -> dict[str, Any]:
    """The definition, checked. Raises PipelineError for what SageMaker would refuse."""
    check_compute(pipeline, TITLE, REFUSED_COMPUTE)
    check_bindings(pipeline, bindings)
    pipeline = pipeline.guarded
    context = Context(pipeline, bindings)
    document = {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": _parameters(pipeline),
        "Steps": _steps(pipeline.ordered, context),
    }
    check(document)
    return document


def step_of(native: str) -> str:
    """The step that a native step belongs to, by its name: ``deploy--wait-1`` belongs to ``deploy``."""
    return native.partition("--")[0]


def _parameters(pipeline: Pipeline) -> list[Native]:
    """What the run gives itself has no default; what a person may say has the pipeline's."""
    ours = [x.RUN, x.CODE_URI, x.CODE_SHA, *(x.name(s.name) for s in pipeline.ordered if isinstance(s, DeployStep))]
    given: list[Native] = [{"Name": name, "Type": "String"} for name in ours]
    cached = [step.name for step in pipeline.ordered if isinstance(step, JobStep) and step.reusable]
    given += [{"Name": x.inputs(name), "Type": "String"} for name in cached]
    bounds = pipeline.champion_bounds.items()
    given += [{"Name": name, "Type": "Float", "DefaultValue": refuses} for name, refuses in bounds]
    return [*given, *(native for parameter in pipeline.parameters for native in _parameter(parameter))]


def _parameter(parameter: Parameter) -> Iterable[Native]:
    if parameter.type == "strings":
        for key, value in parameter.default.items():
            yield {"Name": x.entry(parameter.name, key), "Type": "String", "DefaultValue": hyperparameters.carry(value)}
    elif parameter.type == "number":
        yield {"Name": parameter.name, "Type": "Float", "DefaultValue": float(parameter.default)}
    else:
        yield {"Name": parameter.name, "Type": "String", "DefaultValue": parameter.default}


def _steps(steps: tuple[Step, ...], context: Context) -> list[Native]:
    """Native steps; those that need a gate lie inside its condition, which is how a definition says so."""
    placed: list[Native] = []
    inside: dict[str, str] = {}
    for step in steps:
        if step.name in inside:
            continue
        natives = _compile(step, context)
        needs = _needed(step, context, steps)
        if isinstance(step, GateStep):
            behind = _behind(step, steps, context.pipeline)
            _refuse_two_gates(behind, inside, step, context.pipeline)
            inside |= {other.name: step.name for other in behind}
            natives[0]["Arguments"]["IfSteps"] = _steps(behind, context)
            needs = _outer(step, behind, needs, steps, context)
        elif isinstance(step, ChoiceStep):
            ways = [_way(way, steps, context.pipeline) for way in step.ways]
            _refuse_join(step, ways, context.pipeline)
            for field, way in zip(("IfSteps", "ElseSteps"), ways, strict=True):
                natives[0]["Arguments"][field] = _steps(way, context)
                inside |= {other.name: step.name for other in way}
                needs = _outer(step, way, needs, steps, context)
        placed += _after(natives, needs, context)
    return placed


def _after(natives: list[Native], needs: Iterable[str], context: Context) -> list[Native]:
    """What a step waits for is written out: data goes by S3 prefixes, in which SageMaker sees no order."""
    last = [_compile(context.pipeline.get_step(need), context)[-1]["Name"] for need in needs]
    return [{**natives[0], "DependsOn": last}, *natives[1:]] if last else natives


def _needed(step: Step, context: Context, siblings: tuple[Step, ...]) -> list[str]:
    """What it waits for beside it. What lies further out is done before the condition around it is asked."""
    beside = {other.name for other in siblings}
    return [need for need in context.pipeline.needs(step) if need in beside]


def _behind(gate: Step, steps: tuple[Step, ...], pipeline: Pipeline) -> tuple[Step, ...]:
    """The steps that need the gate, directly or through others; a choice needs what the steps of its ways need."""
    inner = {step.name: {name for way in step.ways for name in way} for step in steps}
    found: set[str] = set()
    more = {gate.name}
    while more:
        found |= more
        needing = (step.name for step in steps if found & {*pipeline.needs(step), *inner[step.name]})
        more = {*needing} - found
    return tuple(step for step in steps if step.name in found and step is not gate)


def _outer(
    step: Step, inner: tuple[Step, ...], needs: list[str], steps: tuple[Step, ...], context: Context
) -> list[str]:
    """What a condition waits for: what it needs itself, and what the steps inside need from outside."""
    outer = {need for other in inner for need in context.pipeline.needs(other)}
    names = {other.name for other in (*inner, step)}
    return sorted({*needs, *(outer & {one.name for one in steps} - names)})


def _way(way: tuple[str, ...], steps: tuple[Step, ...], pipeline: Pipeline) -> tuple[Step, ...]:
    found = members(way, {step.name: step for step in pipeline.steps})
    return tuple(step for step in steps if step.name in found)


def _refuse_join(choice: ChoiceStep, ways: list[tuple[Step, ...]], pipeline: Pipeline) -> None:
    inner = {step.name for way in ways for step in way}
    for step in pipeline.steps:
        if step.name not in inner and inner & {*pipeline.needs(step)}:
            raise PipelineError(
                "This target cannot run this pipeline.",
                f"Step `{step.name}` of `{pipeline.name}` comes after both ways of `{choice.name}`; a step of "
                "SageMaker Pipelines cannot wait for whichever of two others is done.",
                hint=f"write such a step into each way of `{choice.name}`, or choose `orchestrator: step-functions`.",
            )


def _refuse_two_gates(behind: tuple[Step, ...], inside: Mapping[str, str], gate: Step, pipeline: Pipeline) -> None:
    for step in behind:
        if step.name in inside:
            raise PipelineError(
                "This target cannot run this pipeline.",
                f"Step `{step.name}` of `{pipeline.name}` needs the gates `{inside[step.name]}` and `{gate.name}`; "
                "a step of SageMaker Pipelines lies behind one condition.",
                hint=f"let `{gate.name}` wait for `{inside[step.name]}`: `after=(...)`.",
            )


def _compile(step: Step, context: Context) -> list[Native]:
    """Its native steps, in their order; one is called like the step, the others ``<step>--<what>``."""
    natives: list[Native] = compile_step(
        step,
        context,
        target=TARGET,
        title=TITLE,
        table=COMPILERS,
        refused=REFUSED,
    )
    return natives
