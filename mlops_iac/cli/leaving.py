"""Pipelines that an `up` would take away while runs of them go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.core.environment import Environment


def refuse_to_lose_runs(backend: Backend, stack: str, environment: Environment | None) -> None:
    """Raises RunError when a run goes on in a pipeline that the stack file has no more, or has on another orchestrator.

    SageMaker deletes no pipeline that runs; Step Functions deletes the machine when its last run has ended, without the
    rights that run needs. So neither is tried.
    """
    from mlops_iac.core.errors import RunError
    from mlops_iac.runs.runners import runner_for

    if environment is None or not environment.pipelines:
        return
    staying = _staying(stack)
    leaving = [one for one in environment.pipelines.values() if (one.name, one.target) not in staying]
    going = [
        (one.name, execution.run)
        for one in leaving
        for execution in runner_for(environment, one, backend.clients()).runs(running=True)
    ]
    if going:
        told = "\n".join(
            f"Run {run} of `{name}` goes on, and {stack} has that pipeline no more." for name, run in going
        )
        hint = f"wait for its end, or end it: mlops-iac runs stop {stack} {going[0][1]}"
        raise RunError("A pipeline has runs that go on.", f"{told}\nNothing was changed.", hint=hint)


def deployed(backend: Backend) -> Environment | None:
    """None also for an environment of another version of mlops-iac: an `up` is what makes it one of this."""
    from mlops_iac.core.environment import Environment, is_complete
    from mlops_iac.core.errors import MlopsError

    try:
        outputs = backend.outputs()
        return Environment.from_outputs(outputs) if is_complete(outputs) else None
    except MlopsError:
        return None


def _staying(stack: str) -> set[tuple[str, str]]:
    """Names of the pipelines that the stack file has, with their orchestrator. Raises what a preview would."""
    from mlops_iac.cli.environments import project_root
    from mlops_iac.program import load

    program = load(project_root(), stack)
    if not program.pipelines:
        return set()
    target = program.compile(program.pipelines[0]).target
    return {(one.name, target) for one in program.pipelines}
