"""Stop a run."""

from __future__ import annotations

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.calls import calling
from mlops_iac.runs.history import get_run
from mlops_iac.runs.run import Run


def stop(environment: Environment, clients: Clients, run: str) -> Run:
    """Stop a run and the job it is at (Step Functions stops a job it waits for). A run that is over stays as it is."""
    current = get_run(environment, clients, run)
    if not current.is_over:
        with calling("stepfunctions:StopExecution", run):
            clients("stepfunctions").stop_execution(executionArn=current.arn, error="Stopped", cause="by mlops-iac")
        current = get_run(environment, clients, run)
    return current
