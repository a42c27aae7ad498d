"""The pipeline of a promotion: the training's steps, with a fetch in the place of what trains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from mlops_iac.blueprints.parts.promotion_options import Promotion
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.definition import read_parameters
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps import ApprovalStep, FetchStep, RegisterStep, Step

NAME: Final = "promotion"
FETCH: Final = "fetch"
APPROVE: Final = "approve"

TOLD: Final = {
    "package": "S3 URI of the archive; `mlops-iac promote` says it.",
    "digest": "SHA-256 of the archive, as the registry that it is from has it.",
    "origin": "Whence the model is.",
}


def promotion(training: Pipeline, options: Promotion) -> Pipeline:
    """The same data, evaluation, gate and deployment as a training has here, of a model that was trained elsewhere.

    Raises PipelineError where there is not one step that makes the model.
    """
    makers = _makers(training)
    if len(makers) != 1:
        names = ", ".join(f"`{step.name}`" for step in makers) or "none"
        raise PipelineError(
            "A promotion needs one step that makes the model.",
            f"Pipeline `{training.name}` has these: {names}; a promotion takes over a model in that step's place.",
            hint="let one step make it, or leave out the option `promotion.from`.",
        )
    parameters = {name: Parameter(name=name, type="string", default="", description=of) for name, of in TOLD.items()}
    fetch = FetchStep(name=FETCH, **{name: parameters[name].ref for name in TOLD})
    idle = _only_for(makers[0], training)
    steps = [
        fetch if step is makers[0] else _instead(step, makers[0].name)
        for step in training.steps
        if step.name not in idle
    ]
    if options.approval and not any(isinstance(step, ApprovalStep) for step in steps):
        steps = [*_asked(steps)]
    whole = Pipeline(name=NAME, parameters=(*training.parameters, *parameters.values()), steps=tuple(steps))
    read = read_parameters(whole)
    return whole.model_copy(update={"parameters": tuple(one for one in whole.parameters if one.name in read)})


def _makers(training: Pipeline) -> list[Step]:
    """The steps that make a model that is registered: what they began with may be a model as well. Where nothing is
    registered, every one that makes a model."""
    makers = [step for step in training.steps if "model" in step.makes().values()]
    registered = {step.model.step for step in training.steps if isinstance(step, RegisterStep)}
    return [step for step in makers if step.name in registered] or makers


def _only_for(maker: Step, training: Pipeline) -> set[str]:
    """Names of the steps that are done for the training alone, such as the many fits that it chooses from."""
    found = {maker.name}
    for step in reversed(training.ordered):
        users = {other.name for other in training.steps if step.name in training.needs(other)}
        if users and users <= found:
            found.add(step.name)
    return found - {maker.name}


def _instead(step: Step, maker: str) -> Step:
    """The step, which takes from the fetch what it took from the training."""
    changed = {name: _replaced(getattr(step, name), maker) for name in type(step).model_fields if name != "name"}
    after = tuple(FETCH if name == maker else name for name in step.after)
    return step.model_copy(update={**changed, "after": after})


def _replaced(value: Any, maker: str) -> Any:
    if isinstance(value, FromStep):
        return FromStep(step=FETCH, output=value.output) if value.step == maker else value
    if isinstance(value, dict):
        return {key: _replaced(item, maker) for key, item in value.items()}
    return tuple(_replaced(item, maker) for item in value) if isinstance(value, tuple) else value


def _asked(steps: Iterable[Step]) -> Iterable[Step]:
    """A person is asked when the gate has let the model pass, before it is registered."""
    for step in steps:
        if isinstance(step, RegisterStep):
            question = "Does the promoted model go into service?"
            yield ApprovalStep(name=APPROVE, after=(step.gate.step,), question=question)
            yield step.model_copy(update={"after": (*step.after, APPROVE)})
        else:
            yield step
