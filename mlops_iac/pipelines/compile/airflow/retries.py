"""How often a task is tried again, as Airflow does it: after any failure, and doubling the wait or keeping it."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.steps import JobStep


def retries(step: JobStep) -> dict[str, Any]:
    """What is said to the operator; nothing where the step asks for nothing. Raises PipelineError for what Airflow has
    no word for."""
    if step.retry is None:
        return {}
    why = ""
    if step.retry.errors:
        why = f"after `{step.retry.errors[0]}` only: Airflow tries again after any failure; leave out `retry.errors`"
    elif step.retry.backoff not in (1.0, 2.0):
        why = f"with `backoff: {step.retry.backoff:g}`: Airflow doubles the wait (2) or keeps it (1)"
    if why:
        raise PipelineError(
            "This target cannot do what a step asks for.",
            f"Step `{step.name}` is to be tried again {why}.",
            hint="change it, or choose `orchestrator: step-functions`.",
        )
    return {
        "retries": step.retry.attempts,
        "retry_seconds": step.retry.interval_seconds,
        "retry_exponential_backoff": step.retry.backoff > 1,
    }
