"""The tasks that the DAG files of an environment have in common: it lies beside them as ``mlops_iac_airflow.py``.

It runs where Airflow does and nowhere else, on Airflow 2.11 and 3: standard library, Airflow, boto3. A DAG file says
what is filled in when a run is under way as data (`fill`), so nothing that a team wrote is read as a template.
"""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any

import boto3
import mlops_iac_deploy
from airflow.configuration import conf
from airflow.exceptions import AirflowFailException
from mlops_iac_airflow_run import (
    HOLDS,
    OWNER,
    Run,
    compare,
    fill,
    keep,
    keep_failure,
    left_before,
    read_evaluation,
    tell,
)

try:  # Airflow 3
    from airflow.providers.standard.operators.branch import BaseBranchOperator
    from airflow.sdk import DAG, BaseOperator, Param, Variable
    from airflow.sdk.bases.sensor import BaseSensorOperator, PokeReturnValue
except ImportError:
    from airflow import DAG
    from airflow.models.baseoperator import BaseOperator
    from airflow.models.param import Param
    from airflow.models.variable import Variable
    from airflow.operators.branch import BaseBranchOperator
    from airflow.sensors.base import BaseSensorOperator, PokeReturnValue

__all__ = ["DAG", "OWNER", "Param", "fill", "keep_failure", "tell"]

RUN_ID = r"^\d{6}-\d{6}-[0-9a-f]{4}$"
CHECK_SECONDS = conf.getint("mlops_iac", "check_seconds", fallback=20)
"""Between two looks at a job. Set by the configuration option ``mlops_iac.check_seconds`` of the environment."""

LOOKS_AGAIN: dict[str, Any] = {"retries": 3, "retry_delay": timedelta(seconds=1)}
"""Of a task that only looks: what is lost with the machine that it looked on is a look."""

REFUSED, UNDECIDED = "GateRefused", "ChoiceUndecided"
APPROVED, REJECTED = "Approved", "ApprovalRejected"


def looks(seconds: int) -> int:
    """How often a job is looked at that may take so long, with an hour for machines to start."""
    return math.ceil((seconds + 3600) / CHECK_SECONDS)


def or_reuse(operator: Any) -> Any:
    """An operator that does its work unless what a run before made is taken over; then it leaves what that one left."""

    class OrReuse(operator):
        def __init__(self, *, reused: str, **more: Any) -> None:
            super().__init__(**more)
            self.reused = reused

        def execute(self, context: Any) -> Any:
            if Run(context).taken(self.reused) is None:
                return super().execute(context)
            return self.made if hasattr(self, "made") else left_before(context)

    OrReuse.__name__ = OrReuse.__qualname__ = operator.__name__
    return OrReuse


class Gate(BaseOperator):
    """Fails when a condition does not hold, and leaves what it found otherwise."""

    template_fields = ("conditions",)

    def __init__(self, *, gate: str, conditions: Any, **more: Any) -> None:
        super().__init__(**more)
        self.gate, self.conditions = gate, conditions

    def execute(self, context: Any) -> Any:
        conditions = compare(self.conditions)
        verdict = {"gate": self.gate, "conditions": conditions}
        if not all(one["passed"] for one in conditions):
            raise AirflowFailException(f"{REFUSED}: {json.dumps(verdict)}")
        return verdict


class Choose(BaseBranchOperator):
    """Goes on with the steps of one way; Airflow skips the others."""

    template_fields = ("conditions", "parameters")

    def __init__(self, *, conditions: Any, parameters: Any, then: list[str], otherwise: list[str], **more: Any) -> None:
        super().__init__(**more)
        self.conditions, self.parameters, self.then, self.otherwise = conditions, parameters, then, otherwise

    def choose_branch(self, context: Any) -> Any:
        found = compare(self.conditions or [])
        lost = [one["metric"] for one in found if one["value"] is None]
        if lost:
            raise AirflowFailException(f"{UNDECIDED}: missing or no number: {', '.join(lost)}")
        holds = [one["passed"] for one in found]
        holds += [HOLDS[one["direction"]](one["value"], one["bound"]) for one in self.parameters or []]
        return self.then if all(holds) else self.otherwise


class ReadEvaluation(BaseOperator):
    template_fields = ("file",)

    def __init__(self, *, file: Any, **more: Any) -> None:
        super().__init__(**more)
        self.file = file

    def execute(self, context: Any) -> Any:
        return read_evaluation(self.file)


class Register(BaseOperator):
    """Adds a version to a model package group, and leaves its ARN. A second attempt adds no second version."""

    template_fields = ("request",)

    def __init__(self, *, request: Any, **more: Any) -> None:
        super().__init__(**more)
        self.request = request

    def execute(self, context: Any) -> str:
        arn = boto3.client("sagemaker").create_model_package(**self.request)["ModelPackageArn"]
        keep(context, arn)
        return arn


class FindChampion(BaseOperator):
    """Leaves the ARN of the version that was approved last."""

    def __init__(self, *, group: str, **more: Any) -> None:
        super().__init__(**more)
        self.group = group

    def execute(self, context: Any) -> str:
        return mlops_iac_deploy.get_champion(boto3.client("sagemaker"), self.group)


class _Deployment(BaseSensorOperator):
    template_fields = ("request",)

    def __init__(self, *, request: Any, look_seconds: int, seconds: int, **more: Any) -> None:
        every = min(look_seconds, CHECK_SECONDS)
        super().__init__(mode="reschedule", poke_interval=every, timeout=seconds, **LOOKS_AGAIN, **more)
        self.request = request

    def deployment(self, *, started: bool) -> Any:
        return mlops_iac_deploy.Change(boto3.client("sagemaker"), self.request, started=started)

    def look(self, step: Any) -> bool:
        try:
            return step()
        except mlops_iac_deploy.DeployFailed as error:
            raise AirflowFailException(str(error)) from error


class StartDeployment(_Deployment):
    """Asks for the change of the endpoint, once no other is under way; leaves the name of what it made."""

    def poke(self, context: Any) -> Any:
        return PokeReturnValue(self.look(self.deployment(started=False).start), self.request["name"])


class AwaitDeployment(_Deployment):
    """Waits until the endpoint serves the run's model; fails when it went back to another."""

    def poke(self, context: Any) -> bool:
        return self.look(self.deployment(started=True).is_over)


class Ask(BaseOperator):
    """Puts a question into the queue of the environment, and leaves its token: the variable for the answer."""

    template_fields = ("run",)

    def __init__(self, *, queue_url: str, run: Any, step: str, **more: Any) -> None:
        super().__init__(**more)
        self.queue_url, self.run, self.step = queue_url, run, step

    def execute(self, context: Any) -> str:
        token = f"{self.run}.{self.step}"
        body = {"token": token, "arguments": {"run": self.run, "step": self.step}}
        boto3.client("sqs").send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(body))
        return token


class AwaitAnswer(BaseSensorOperator):
    """Waits until a person has answered: a variable of Airflow that says who, when, why, and whether."""

    template_fields = ("token",)

    def __init__(self, *, token: Any, seconds: int, **more: Any) -> None:
        super().__init__(mode="reschedule", poke_interval=CHECK_SECONDS, timeout=seconds, **LOOKS_AGAIN, **more)
        self.token = token

    def poke(self, context: Any) -> bool:
        try:
            answer = json.loads(Variable.get(self.token))
        except KeyError:
            return False
        if not answer.get("approved"):
            raise AirflowFailException(f"{REJECTED}: {json.dumps(answer)}")
        keep(context, f"{APPROVED}: {json.dumps(answer)}")
        return True
