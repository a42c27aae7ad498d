"""A person answers a run that waits: find the question in the environment's queue, and answer the orchestrator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import Answer
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.calls import calling
from mlops_iac.runs.history import get_run
from mlops_iac.runs.person import who_asks
from mlops_iac.runs.run import Run, StepRun
from mlops_iac.runs.runners import runner_for
from mlops_iac.runs.two_people import check_second

KIND: Final = "approval"

LONGEST_REASON: Final = 1000
"""Characters. SageMaker keeps 1,024 of each output of a step."""

HIDDEN: Final = 10
"""Seconds for which a question that somebody looks at is hidden from others."""

LOOKS: Final = 15
"""Looks into the queue, each of which waits up to `WAIT` seconds: a question that somebody else looks at comes back."""

WAIT: Final = 1

CLOSED: Final = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken", "ResourceNotFound", "ConflictException")
"""By these an orchestrator says that nobody waits for this answer any more."""


@dataclass(frozen=True)
class Question:
    """What lies in the queue."""

    token: str
    receipt: str
    """By which SQS deletes the message."""


def answer(
    environment: Environment,
    clients: Clients,
    run: str,
    verdict: Literal["approve", "reject"],
    *,
    step: str | None = None,
    reason: str = "",
    who: Callable[[Clients], str] = who_asks,
) -> Run:
    """Let a run that waits go on, or end it. Answers the run as it is then.

    ``step`` is needed where several steps wait. Raises UsageError for a reason that is too long, RunError for a run
    that does not wait (any more) and for an approval by who started it where two people are needed, CloudError when
    refused.
    """
    if len(reason) > LONGEST_REASON:
        detail = f"It has {len(reason)} characters; {LONGEST_REASON} are kept."
        raise UsageError("The reason is too long.", detail, hint="say it shorter.")
    current = get_run(environment, clients, run)
    waiting = choose_waiting(current, step)
    by = check_second(environment, clients, current) if _needs_second(environment, verdict) else who(clients)
    question = find_question(environment, clients, current, waiting)
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    said = Answer(approved=verdict == "approve", by=by, at=at, reason=reason)
    runner = runner_for(environment, environment.pipelines[current.pipeline], clients)
    try:
        runner.answer(question.token, said)
    except CloudError as error:
        if error.code not in CLOSED:
            raise
        raise closed(current, waiting) from error
    finally:
        remove(environment, clients, question)
    return get_run(environment, clients, current.id)


def _needs_second(environment: Environment, verdict: str) -> bool:
    """Who started a run may always end it."""
    return bool(environment.two_person) and verdict == "approve"


def choose_waiting(run: Run, name: str | None) -> StepRun:
    """The approval that waits. Raises RunError that says how things stand instead."""
    steps = {step.name: step for step in run.steps if step.kind == KIND}
    if not steps:
        detail = f"Pipeline `{run.pipeline}` of run {run.id} has no step that asks a person."
        raise RunError("Nobody is asked.", detail, hint=f"`mlops-iac runs {run.stack}` lists the runs.")
    if name is not None and name not in steps:
        detail = f"Run {run.id} has no approval `{name}`; it has: {', '.join(steps)}."
        raise RunError("No such approval.", detail, hint=did_you_mean(name, steps))
    waiting = [step for step in steps.values() if step.status == "running" and name in (None, step.name)]
    if len(waiting) > 1:
        names = ", ".join(step.name for step in waiting)
        raise RunError("Which approval?", f"Run {run.id} waits at: {names}.", hint="name one: --step NAME.")
    if not waiting:
        chosen = [steps[name]] if name is not None else [*steps.values()]
        stands = "; ".join(f"`{step.name}` is {step.answer or step.status}" for step in chosen)
        detail = f"Run {run.id} is {run.status}: {stands}."
        raise RunError("The run does not wait.", detail, hint=f"`mlops-iac runs {run.stack} {run.id}` shows it.")
    return waiting[0]


def closed(run: Run, step: StepRun) -> RunError:
    detail = f"Step `{step.name}` of run {run.id} was answered by somebody else, or timed out, a moment ago."
    return RunError("Too late.", detail, hint=f"`mlops-iac runs {run.stack} {run.id}` shows what became of it.")


def find_question(environment: Environment, clients: Clients, run: Run, step: StepRun) -> Question:
    """Raises RunError when it is not in the queue: somebody else has it in their hands, or took it out."""
    for message in read_messages(environment, clients):
        with suppress(NotStrictJson, KeyError, TypeError):
            body = read_json(message["Body"])
            if body["arguments"] == {"run": run.id, "step": step.name}:
                return Question(str(body["token"]), message["ReceiptHandle"])
    detail = f"The queue of {run.stack} has no question of step `{step.name}` of run {run.id}."
    hint = "somebody may be answering just now: try again in a minute."
    raise RunError("The question is not there.", detail, hint=hint)


def read_messages(environment: Environment, clients: Clients) -> Iterator[dict[str, Any]]:
    """What lies in the queue. SQS answers a part of it at a time, and what was looked at is hidden for a while."""
    url = environment.approvals_queue_url
    with calling("sqs:ReceiveMessage", environment.stack):
        for _ in range(LOOKS):
            found = clients("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN, WaitTimeSeconds=WAIT
            )
            yield from found.get("Messages", ())


def remove(environment: Environment, clients: Clients, question: Question) -> None:
    with calling("sqs:DeleteMessage", environment.stack):
        clients("sqs").delete_message(QueueUrl=environment.approvals_queue_url, ReceiptHandle=question.receipt)
