"""What the DAG files of an environment have in common: it lies beside them as ``mlops_iac_airflow.py``.

It runs where Airflow does and nowhere else, on Airflow 2.11 and 3: standard library, Airflow, boto3. A DAG file says
what is filled in when a run is under way as data (`fill`), so nothing that a team wrote is read as a template.
"""

from __future__ import annotations

import json
import math
import operator
import os
from typing import Any

import boto3
import mlops_iac_deploy
from airflow.configuration import conf
from airflow.exceptions import AirflowFailException

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

__all__ = ["DAG", "Param"]

OWNER = "mlops-iac"
RUN_ID = r"^\d{6}-\d{6}-[0-9a-f]{4}$"
CHECK_SECONDS = conf.getint("mlops_iac", "check_seconds", fallback=20)
"""Between two looks at a job. Set by the configuration option ``mlops_iac.check_seconds`` of the environment."""

REFUSED, UNDECIDED = "GateRefused", "ChoiceUndecided"
APPROVED, REJECTED = "Approved", "ApprovalRejected"
HOLDS = {"at_least": operator.ge, "at_most": operator.le, "equals": operator.eq}
SIGNS = {"at_least": ">=", "at_most": "<="}
MOST_BYTES = 4 * 1024 * 1024
"""What is read of an evaluation file."""
MOST_WORDS = 1000
"""Characters that are kept of why a task failed."""


def looks(seconds: int) -> int:
    """How often a job is looked at that may take so long, with an hour for machines to start."""
    return math.ceil((seconds + 3600) / CHECK_SECONDS)


# What is filled in --------------------------------------------------------------------------------------------------


def fill(template: Any) -> Any:
    """What Airflow calls in the place of a field, once for each attempt of a task: the field's value."""

    def filled(context: Any, jinja_env: Any = None) -> Any:
        return Run(context).fill(template)

    return filled


def attempt_name(name: str, attempt: int, limit: int) -> str:
    end = "" if attempt <= 1 else f"-{attempt}"
    return f"{name[: limit - len(end)]}{end}"


class Run:
    """One attempt of a task, as its values are looked up."""

    def __init__(self, context: Any) -> None:
        self.task_instance = context["ti"]
        defaults, given = context["dag"].params["parameters"], context["params"]
        self.given = {**given, "parameters": {**defaults, **given["parameters"]}}

    def fill(self, template: Any) -> Any:
        if isinstance(template, list):
            return [self.fill(one) for one in template]
        if not isinstance(template, dict):
            return template
        if len(template) == 1:
            kind, told = next(iter(template.items()))
            if kind in KINDS:
                return KINDS[kind](self, told)
        return {key: self.fill(one) for key, one in template.items()}

    def value(self, path: list[str]) -> Any:
        found = self.given
        for key in path:
            found = found[key]
        return found

    def name(self, told: list[Any]) -> str:
        """A name is used once: each attempt after the first adds its number."""
        step, limit = told
        return attempt_name(self.given["names"][step], self.task_instance.try_number, limit)

    def made(self, path: list[Any]) -> Any:
        found = self.task_instance.xcom_pull(task_ids=path[0])
        for key in path[1:]:
            found = found[key]
        return found

    def part(self, path: list[Any]) -> Any:
        """Of what a task left as the text of JSON."""
        found = json.loads(self.made(path[:1]))
        for key in path[1:]:
            found = found[key]
        return found

    def json(self, given: Any) -> str:
        return json.dumps(self.fill(given))

    def text(self, parts: list[Any]) -> str:
        filled = [self.fill(one) for one in parts]
        return "".join(one if isinstance(one, str) else json.dumps(one) for one in filled)

    def merge(self, maps: list[Any]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for one in maps:
            merged.update(self.fill(one))
        return merged


KINDS = {
    "$json": Run.json,
    "$part": Run.part,
    "$value": Run.value,
    "$name": Run.name,
    "$made": Run.made,
    "$text": Run.text,
    "$merge": Run.merge,
}


# Evaluations --------------------------------------------------------------------------------------------------------


def read_evaluation(uri: str) -> Any:
    """The file as JSON. A task whose file is missing, too large or no JSON fails, and is not tried again."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.ClientError as error:
        raise AirflowFailException(f"{key} cannot be read: {error}") from error
    if answer["ContentLength"] > MOST_BYTES:
        raise AirflowFailException(f"{key} is too large: at most {MOST_BYTES:,} bytes are read.")
    try:
        return json.loads(answer["Body"].read(), parse_constant=_refuse)
    except ValueError as error:
        raise AirflowFailException(f"{key} is not JSON: {error}") from error


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def find_number(document: Any, keys: list[str]) -> Any:
    """The number at a path; None when there is none, or something else."""
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    good = isinstance(document, (int, float)) and not isinstance(document, bool) and math.isfinite(document)
    return document if good else None


def compare(conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each condition: metric, value (None when it has none), bound, and whether it holds."""
    files: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    for one in conditions:
        if one["file"] not in files:
            files[one["file"]] = read_evaluation(one["file"])
        value, bound = find_number(files[one["file"]], one["keys"]), one["bound"]
        passed = value is not None and HOLDS[one["direction"]](value, bound)
        found.append(
            {"metric": one["metric"], "value": value, "bound": f"{SIGNS[one['direction']]} {bound:g}", "passed": passed}
        )
    return found


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


# Models -------------------------------------------------------------------------------------------------------------


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
        return mlops_iac_deploy.find_champion(boto3.client("sagemaker"), self.group)


class _Deployment(BaseSensorOperator):
    template_fields = ("request",)

    def __init__(self, *, request: Any, look_seconds: int, seconds: int, **more: Any) -> None:
        every = min(look_seconds, CHECK_SECONDS)
        super().__init__(mode="reschedule", poke_interval=every, timeout=seconds, **more)
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


# People -------------------------------------------------------------------------------------------------------------


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
        super().__init__(mode="reschedule", poke_interval=CHECK_SECONDS, timeout=seconds, **more)
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


# What is told -------------------------------------------------------------------------------------------------------


def keep(context: Any, words: str) -> None:
    """Leave words where Airflow's API lists them with the task: as its note. On Airflow 3 a task cannot write one."""
    own = context["ti"]
    if hasattr(type(own), "note"):
        own.note = words[:MOST_WORDS]


def keep_failure(context: Any) -> None:
    """Why a task failed: of an exception Airflow's API has the log only."""
    words = str(context.get("exception") or "")
    if words:
        keep(context, words)


def tell(context: Any) -> None:
    """What a DAG calls when a run is over: EventBridge and CloudWatch hear of it, as MWAA tells neither."""
    run = context["dag_run"]
    state = str(getattr(run.state, "value", run.state))
    handle = f"{os.environ.get('AIRFLOW_ENV_NAME', '')}/{run.dag_id}"
    detail = {"dag": handle, "run": run.run_id, "state": state}
    entry = {"Source": OWNER, "DetailType": "Airflow DAG Run", "Detail": json.dumps(detail)}
    boto3.client("events").put_events(Entries=[entry])
    outcome = "Failed" if state == "failed" else "Succeeded"
    data = {
        "MetricName": f"Runs{outcome}",
        "Dimensions": [{"Name": "Dag", "Value": handle}],
        "Value": 1,
        "Unit": "Count",
    }
    boto3.client("cloudwatch").put_metric_data(Namespace="MlopsIac/Airflow", MetricData=[data])
