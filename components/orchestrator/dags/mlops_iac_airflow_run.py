"""What tasks of DAG files work with: a run's values, evaluation files, and whom the end of a run is told.

It lies beside ``mlops_iac_airflow.py``, and runs where Airflow does and nowhere else: standard library, Airflow, boto3.
"""

from __future__ import annotations

import json
import math
import operator
import os
from typing import Any

import boto3
from airflow.exceptions import AirflowFailException, TaskDeferralError

OWNER = "mlops-iac"
HOLDS = {"at_least": operator.ge, "at_most": operator.le, "equals": operator.eq}
SIGNS = {"at_least": ">=", "at_most": "<="}
MOST_BYTES = 4 * 1024 * 1024
"""What is read of an evaluation file."""
MOST_WORDS = 1000
"""Characters that are kept of why a task failed."""


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

    def taken(self, step: str) -> Any:
        """What is known of a step whose work is taken over from a run before; None of one that is to be done."""
        return self.given["reuse"]["left"].get(step)

    def origin(self, path: list[str]) -> str:
        """The run whose folders have what a step makes. One that is started without a word of it does all itself."""
        return str(self.given["reuse"]["runs"].get(path[0], self.given["run"]))

    def name(self, told: list[Any]) -> str:
        """A name is used once: each attempt after the first adds its number."""
        step, limit = told
        if taken := self.taken(step):
            return str(taken["name"])
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
    "$origin": Run.origin,
    "$text": Run.text,
    "$merge": Run.merge,
}


class NoEvaluation(AirflowFailException):
    """There is nothing that numbers could be read from."""


def read_evaluation(uri: str) -> Any:
    """The file as JSON. A task whose file is missing, too large or no JSON fails, and is not tried again."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    try:
        answer = client.get_object(Bucket=bucket, Key=key)
    except client.exceptions.NoSuchKey as error:
        raise NoEvaluation(f"{key} does not exist.") from error
    except client.exceptions.ClientError as error:
        raise AirflowFailException(f"{key} cannot be read: {error}") from error
    if answer["ContentLength"] > MOST_BYTES:
        raise NoEvaluation(f"{key} is too large: at most {MOST_BYTES:,} bytes are read.")
    try:
        return json.loads(answer["Body"].read().decode(), parse_constant=_refuse)
    except ValueError as error:
        raise NoEvaluation(f"{key} is not JSON: {error}") from error


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def find_number(document: Any, keys: list[str]) -> Any:
    """The number at a path; None when there is none, or something else."""
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return None
        document = document[key]
    try:
        good = isinstance(document, (int, float)) and not isinstance(document, bool) and math.isfinite(document)
    except OverflowError:
        return None
    return document if good else None


def _try_to_read(uri: str) -> Any:
    """None where there are no numbers: then no condition on them holds."""
    try:
        return read_evaluation(uri)
    except NoEvaluation as missing:
        print(missing)
        return None


def compare(conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each condition: metric, value (None when it has none), bound, and whether it holds."""
    files: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    for one in conditions:
        if one["file"] not in files:
            files[one["file"]] = _try_to_read(one["file"])
        value, bound = find_number(files[one["file"]], one["keys"]), one["bound"]
        passed = value is not None and HOLDS[one["direction"]](value, bound)
        found.append(
            {"metric": one["metric"], "value": value, "bound": f"{SIGNS[one['direction']]} {bound:g}", "passed": passed}
        )
    return found


def keep(context: Any, words: str) -> None:
    """Leave words where Airflow's API lists them with the task: as its note. On Airflow 3 a task cannot write one."""
    own = context["ti"]
    if hasattr(type(own), "note"):
        own.note = words[:MOST_WORDS]


def keep_failure(context: Any) -> None:
    """Why a task failed, by its operator's own ``why`` where it has one: of an exception Airflow's API has the log
    only."""
    why = getattr(context["task"], "why", None)
    words = why(context) if why else str(context.get("exception") or "")
    if isinstance(context.get("exception"), TaskDeferralError):
        words = why_of_job(context) or words
    if words:
        keep(context, words)


JOBS = {
    "HyperParameterTuningJobName": "describe_hyper_parameter_tuning_job",
    "ProcessingJobName": "describe_processing_job",
    "TrainingJobName": "describe_training_job",
    "TransformJobName": "describe_transform_job",
}
"""What the request for a job is known by, to the call that describes the job."""


def describe_job(context: Any) -> dict[str, Any]:
    """The job of SageMaker's that a task is about, as SageMaker describes it; nothing for other tasks."""
    config = getattr(context["task"], "config", None)
    config = config(context) if callable(config) else config or {}
    request = config.get("Transform", config)
    for key, operation in JOBS.items():
        if key in request:
            found: dict[str, Any] = getattr(boto3.client("sagemaker"), operation)(**{key: request[key]})
            return found
    return {}


def why_of_job(context: Any) -> str:
    """What looked at a job of SageMaker's says that it failed, and no more: the job says why. Empty for other tasks.

    One that SageMaker stops at the time limit has no reason.
    """
    job = describe_job(context)
    if job.get("SecondaryStatus") == "MaxRuntimeExceeded":
        limit = job["StoppingCondition"]["MaxRuntimeInSeconds"]
        return f"MaxRuntimeExceeded: the job ran longer than its MaxRuntimeInSeconds ({limit})."
    return str(job.get("FailureReason") or "")


def left_before(context: Any) -> dict[str, Any]:
    """What a task that is not done again leaves: what later steps read of the job that did the same."""
    job = describe_job(context)
    if "BestTrainingJob" in job:
        return {"Tuning": {"BestTrainingJob": {"TrainingJobName": job["BestTrainingJob"]["TrainingJobName"]}}}
    return {"Training": {"ModelArtifacts": job["ModelArtifacts"]}} if "ModelArtifacts" in job else {}


def milliseconds(moment: Any) -> int | None:
    """Since 1970, as Step Functions tells them."""
    return None if moment is None else int(moment.timestamp() * 1000)


def tell(context: Any) -> None:
    """What a DAG calls when a run is over: EventBridge and CloudWatch hear of it, as MWAA tells neither."""
    run = context["dag_run"]
    state = str(getattr(run.state, "value", run.state))
    handle = f"{os.environ.get('AIRFLOW_ENV_NAME', '')}/{run.dag_id}"
    stack = next(tag for tag in context["dag"].tags if tag != OWNER)
    detail = {
        "dag": handle,
        "run": f"{stack}-{run.run_id}",
        "state": state,
        "startDate": milliseconds(run.start_date),
        "stopDate": milliseconds(run.end_date),
        "input": json.dumps(run.conf or {}),
    }
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
