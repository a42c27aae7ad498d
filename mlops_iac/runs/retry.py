"""Run a pipeline again from the step that failed, with the same code and parameters."""

from __future__ import annotations

from collections.abc import Collection

from mlops_iac.clients import Clients
from mlops_iac.core.environment import FOLDERS, Environment, Pipeline
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.copies import copy_folders
from mlops_iac.runs.data_versions import Pin, check_there, stage
from mlops_iac.runs.history import get_run
from mlops_iac.runs.names import make_run_id, names_of
from mlops_iac.runs.record import copy_record, find_manifests, find_record
from mlops_iac.runs.run import Run
from mlops_iac.runs.runners import runner_for
from mlops_iac.runs.runners.execution import Execution, Order
from mlops_iac.runs.start import to_run


def retry(environment: Environment, clients: Clients, run: str, *, step: str | None = None) -> Run:
    """Go on from a step: the one named, else the first that did not succeed. What went well before is taken over.

    Answers the run that goes on: the same one on SageMaker Pipelines, a new one elsewhere. Raises RunError for a run
    that still goes, that has nothing to retry, or whose version of the data is not whole any more; UsageError for a
    step that cannot be begun at.
    """
    found = get_run(environment, clients, run)
    pipeline = environment.pipelines[found.pipeline]
    step = _choose(found, step)
    runner = runner_for(environment, pipeline, clients)
    execution = runner.find(found.id)
    if execution is None:
        raise RunError("No such run.", f"{environment.stack} has no run `{found.id}`.", hint="see `runs STACK`.")
    order = _order(environment, pipeline, execution)
    _stage_again(environment, clients, execution.run)

    def take_over(steps: Collection[str]) -> None:
        store = environment.get_store(pipeline.store)
        for one in (one for one in pipeline.steps if one.name in steps):
            origin = execution.origins.get(one.name, execution.run)
            copy_folders(environment, store, clients, one.facts.get(FOLDERS, ()), origin, order.run)
        copy_record(environment, clients, execution.run, order.run)

    return to_run(environment, pipeline, runner.retry(execution, step, order, take_over))


def _stage_again(environment: Environment, clients: Clients, run: str) -> None:
    """Versions of the data that the run was told: their copies may have expired since."""
    record = find_record(environment, clients, run)
    told = {name: one["copies"] for name, one in record.data.items() if "copies" in one} if record else {}
    manifests = find_manifests(environment, clients, run) if told else {}
    for name, place in told.items():
        if name in manifests:
            check_there(environment, clients, manifests[name])
            stage(environment, clients, Pin(manifests[name], place))


def _choose(run: Run, step: str | None) -> str:
    words = f"mlops-iac runs watch {run.stack} {run.id}"
    if not run.is_over:
        raise RunError("The run still goes.", f"Run {run.id} is not over yet.", hint=f"`{words}` shows how it ends.")
    names = [one.name for one in run.steps]
    if step is not None:
        if step not in names:
            raise UsageError("No such step.", f"Run {run.id} has no step `{step}`.", hint=did_you_mean(step, names))
        return step
    if run.status == "refused":
        raise RunError(
            "There is nothing to retry.",
            f"The gate refused the model of run {run.id}; the same model would be refused again.",
            hint="train a better model, or say with --from which step is to be done again.",
        )
    ends = (("failed", "timed-out", "stopped"), ("skipped",))  # what a condition skipped stands before what failed
    broken = next((one.name for end in ends for one in run.steps if one.status in end), None)
    if run.status == "succeeded" or broken is None:
        raise RunError(
            "There is nothing to retry.",
            f"Run {run.id} is {run.status}, and no step of it failed.",
            hint="say with --from which step is to be done again, or start a new run.",
        )
    return broken


def _order(environment: Environment, pipeline: Pipeline, execution: Execution) -> Order:
    """The same again, under a new id."""
    run = make_run_id()
    bucket = environment.get_store(pipeline.store).bucket
    return Order(
        run=run,
        code_uri=f"s3://{bucket}/{pipeline.code_prefix}{execution.code}/",
        code_sha=execution.code,
        parameters=execution.parameters,
        names=names_of(environment.stack, run, pipeline),
    )
