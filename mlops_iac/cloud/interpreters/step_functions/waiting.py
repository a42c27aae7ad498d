"""How state machines wait on the embedded cloud: told by what they wait for, instead of asking again and again.

`.sync` tasks sleep until their job's record changes, and ask once then. A Wait state waits for its time, as on AWS,
with one difference: when the thing that the execution asked about last (``describeEndpoint``, ``createTrainingJob``)
changes meanwhile, the rest of the time is left out. What the execution sees next is what it would have seen at the end
of the wait; only the clock is not kept. A Wait with a Timestamp, or after anything else, lasts as long as it says.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.interpreters.step_functions.moto_asl import CALLING, PACKAGE, TASKS, account_of, module
from mlops_iac.cloud.patience import wait_by_clock

POLL: Final = 0.2
"""Seconds until a task looks without having been told, the first time; then twice as long each time."""
LISTEN: Final = 0.5
"""Seconds after which a sleeping task sees that its execution was stopped."""
LOOK_ANYWAY: Final = 30.0
"""Seconds between two such looks at most, at what tells of its changes; what does not is looked at every `POLL`."""

_KINDS: Final = {
    "endpoint_name": "endpoint",
    "id": "statement",
    "job_run_id": "spark-job",
    "jobs": "batch-job",
    "processing_job_name": "processing-job",
    "training_job_name": "training-job",
    "transform_job_name": "transform-job",
}

log = logging.getLogger("mlops_iac.cloud")

Key = tuple[str, ...]


def install() -> None:
    _patch_sync()
    _patch_calls()
    _patch_waits()
    _patch_retries()


def find_key(parameters: Mapping[str, Any], region: str, state_credentials: Any) -> Key | None:
    """What a call is about, as the records of jobs and endpoints name it."""
    account = account_of(state_credentials)
    for name, value in parameters.items():
        kind = _KINDS.get(_snake(name))
        if kind and not (isinstance(value, list) and len(value) != 1):
            return (kind, account, region, str(value[0] if isinstance(value, list) else value))
    return None


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def wait_for_end(env: Any, look: Callable[[], Any], key: Key | None) -> Any:
    """``look``'s answer once it has one; None when the execution was stopped meanwhile."""
    pause = POLL
    while env.is_running():
        bell = CALLING.gateway.bells.bell(key) if key else threading.Event()
        found = look()
        if found:
            return found
        _sleep(env, bell, pause)
        pause = min(2 * pause, LOOK_ANYWAY) if key else POLL
    return None


def try_to(cancel: Callable[[], None]) -> None:
    """Stopping is best effort, on AWS too: the job may have ended a moment ago."""
    try:
        cancel()
    except Exception as error:
        log.info("A job could not be stopped with its execution: %s", error)


def _sleep(env: Any, bell: threading.Event, seconds: float) -> None:
    until = time.monotonic() + seconds
    while env.is_running() and (left := until - time.monotonic()) > 0:
        if bell.wait(min(left, LISTEN)):
            return


def _patch_sync() -> None:
    callback = module(f"{TASKS}.state_task_service_callback").StateTaskServiceCallback
    outcomes = module(f"{PACKAGE}.eval.callback.callback")

    def eval_sync(self: Any, env: Any, sync_resolver: Any, **_: Any) -> Any:
        found = wait_for_end(env, sync_resolver, getattr(sync_resolver, "key", None))
        cancel = getattr(sync_resolver, "cancel", None)
        if found is None and cancel is not None:
            try_to(cancel)
        return found

    by_heartbeat = getattr(callback._eval_wait_for_task_token, "original", callback._eval_wait_for_task_token)

    def eval_token(self: Any, env: Any, timeout_seconds: int, callback_endpoint: Any, heartbeat_endpoint: Any) -> Any:
        """Until somebody answers: moto's own waiting goes on when the execution has been stopped."""
        if heartbeat_endpoint is not None:
            return by_heartbeat(self, env, timeout_seconds, callback_endpoint, heartbeat_endpoint)
        until = time.monotonic() + timeout_seconds
        while env.is_running():
            left = until - time.monotonic()
            if left <= 0:
                return outcomes.CallbackOutcomeTimedOut(callback_id=callback_endpoint.callback_id)
            outcome = callback_endpoint.wait(timeout=min(left, LISTEN))
            if outcome is not None:
                return outcome
        return None

    callback._eval_sync = eval_sync
    eval_token.original = by_heartbeat  # type: ignore[attr-defined]
    callback._eval_wait_for_task_token = eval_token


def _patch_calls() -> None:
    """Remember what an execution asked about last."""
    sdk = module(f"{TASKS}.state_task_service_aws_sdk").StateTaskServiceAwsSdk
    original = getattr(sdk._eval_service_task, "original", sdk._eval_service_task)

    def call(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
    ) -> Any:
        given = (env, resource_runtime_part, normalised_parameters, state_credentials)
        key = find_key(normalised_parameters, resource_runtime_part.region, state_credentials)
        with asking(env, key, reads=self._get_boto_service_action().startswith("describe")):
            return original(self, *given)

    call.original = original  # type: ignore[attr-defined]
    sdk._eval_service_task = call
    _patch_frames()


def _patch_frames() -> None:
    """A task runs in a frame of its own. What it asked about is remembered where the next state looks."""
    environment = module(f"{PACKAGE}.eval.environment").Environment
    original = getattr(environment.close_frame, "original", environment.close_frame)

    def close(self: Any, frame: Any) -> None:
        original(self, frame)
        if "awaited" in vars(frame):
            self.awaited = frame.awaited

    close.original = original  # type: ignore[attr-defined]
    environment.close_frame = close


@contextlib.contextmanager
def asking(env: Any, key: Key | None, *, reads: bool) -> Iterator[None]:
    """A call about ``key``. Its bell is hung up before a call that reads, and after one that itself rings it."""
    bell = CALLING.gateway.bells.bell(key) if key else None
    yield
    if key:
        env.awaited = bell if reads else CALLING.gateway.bells.bell(key)


def _patch_waits() -> None:
    waits = f"{PACKAGE}.component.state.wait.wait_function"
    by_the_clock = module(f"{waits}.timestamp").Timestamp
    base = module(f"{waits}.wait_function").WaitFunction

    def wait(self: Any, env: Any, wait_seconds: int) -> None:
        awaited = vars(env).pop("awaited", None)
        bell = awaited if awaited is not None and not isinstance(self, by_the_clock) else threading.Event()
        _sleep(env, bell, wait_seconds)

    base._wait_interval = wait


def _patch_retries() -> None:
    """Between two attempts the cloud's clock counts, and an execution that is stopped waits no longer."""
    retries = module(f"{PACKAGE}.component.common.retry.retrier_decl")
    exhausted, outcome = retries.MaxAttemptsOutcome.EXHAUSTED, retries.RetrierOutcome

    def judge(self: Any, env: Any) -> Any:
        self.error_equals.eval(env)
        if not env.stack.pop():
            return outcome.Skipped
        self.max_attempts.eval(env=env)
        if env.stack.pop() == exhausted:
            return outcome.Failed
        for part in (self.interval_seconds, self.backoff_rate, self.max_delay_seconds, self.jitter_strategy):
            part.eval(env=env)
        wait_by_clock(env.stack.pop(), lambda: not env.is_running())
        return outcome.Executed

    def evaluate(self: Any, env: Any) -> None:
        env.stack.append(judge(self, env))

    retries.RetrierDecl._eval_body = evaluate
