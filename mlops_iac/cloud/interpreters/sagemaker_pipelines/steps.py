"""What each type of step does, in the pipeline's role, through the cloud's own API."""

from __future__ import annotations

import json
import operator
import secrets
import string
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from mlops_iac.cloud.interpreters.sagemaker_pipelines import retries
from mlops_iac.cloud.interpreters.sagemaker_pipelines.values import Values
from mlops_iac.core.strict_json import read_json

Step = Mapping[str, Any]

LISTEN: Final = 0.5
"""Seconds after which a waiting step sees that it is to stop."""
LOOK_ANYWAY: Final = 30.0
"""Seconds between two looks at a job that says nothing."""


class StepFailed(Exception):
    """A step did not do its work; the message is its failure reason."""

    def __init__(self, reason: str, exception: str = "") -> None:
        """``exception``: the type by which a retry policy names it; empty for one that no policy names."""
        super().__init__(reason)
        self.exception = exception


class StepStopped(Exception):
    """A step was stopped on request."""


class Cache(Protocol):
    """What runs of a pipeline made, by what they did."""

    def find(self, step: Step, work: Work) -> Mapping[str, Any] | None:
        """``execution`` and ``metadata`` of the latest run that did the same."""

    def keep(self, step: Step, metadata: Mapping[str, Any], work: Work) -> None:
        """A step succeeded."""


@dataclass
class Work:
    """One execution as its steps see it."""

    client: Callable[[str], Any]
    """A client of the embedded cloud that acts in the pipeline's role."""
    values: Values
    execution_id: str
    stopped: threading.Event
    bell: Callable[[str, str], threading.Event]
    """What rings when a job's record changes, by the kind in its ARN and its name."""
    tell: Callable[[str, dict[str, Any]], None]
    """Add to what is told of a step: its metadata."""
    choose: Callable[[Step, bool], None]
    """A condition was asked: its steps of this outcome come next."""
    cache: Cache
    callback: Callable[[Step, Work], None]
    """Wait until somebody answers a Callback step."""


@dataclass(frozen=True)
class Job:
    """How one kind of job is started, followed and stopped."""

    noun: str
    kind: str
    told: str = ""
    """The member of a step's metadata that names the job. Left out: the noun."""
    name_limit: int = 63

    def run(self, step: Step, work: Work) -> None:
        client, name_key = work.client("sagemaker"), f"{self.noun}Name"
        arguments = work.values.settle(step["Arguments"])
        prefix = arguments.get(name_key) or "pipelines"
        name = {name_key: job_name(str(prefix), work.execution_id, self.name_limit)}
        snake = xform_name(self.noun)
        created = call(getattr(client, f"create_{snake}"), **{**arguments, **name})
        work.tell(step["Name"], {self.told or self.noun: {"Arn": created[f"{self.noun}Arn"]}})
        described = self._wait(work, getattr(client, f"describe_{snake}"), getattr(client, f"stop_{snake}"), name)
        self._keep(step, described, work)

    def recall(self, step: Step, told: Mapping[str, Any], work: Work) -> None:
        name = told[self.told or self.noun]["Arn"].rpartition("/")[2]
        describe = getattr(work.client("sagemaker"), f"describe_{xform_name(self.noun)}")
        self._keep(step, call(describe, **{f"{self.noun}Name": name}), work)

    def _keep(self, step: Step, described: Mapping[str, Any], work: Work) -> None:
        """What later steps read of the job."""
        work.values.steps[step["Name"]] = {**described, **self.more(work.client("sagemaker"), described)}
        for file in step.get("PropertyFiles", ()):
            outputs = described["ProcessingOutputConfig"]["Outputs"]
            folder = next(one for one in outputs if one["OutputName"] == file["OutputName"])["S3Output"]["S3Uri"]
            place = (step["Name"], file["PropertyFileName"])
            work.values.files[place] = f"{folder.rstrip('/')}/{file['FilePath']}"

    def more(self, client: Any, described: Mapping[str, Any]) -> Mapping[str, Any]:
        """Properties of the step besides the job's description."""
        return {}

    def _wait(self, work: Work, describe: Any, stop: Any, name: Mapping[str, str]) -> Mapping[str, Any]:
        asked = False
        while True:
            bell = work.bell(self.kind, name[f"{self.noun}Name"])
            described: Mapping[str, Any] = call(describe, **name)
            status = described[f"{self.noun}Status"]
            if status == "Completed":
                return described
            if status == "Failed":
                reason = described.get("FailureReason") or f"ClientError: The {self.noun} failed."
                raise StepFailed(reason, retries.of_reason(reason))
            if status == "Stopped":
                raise StepStopped
            if work.stopped.is_set() and not asked:
                asked = True
                call(stop, **name)
            _sleep(work, bell, listening=not asked)


class Tuning(Job):
    """A tuning job has the properties of its trainings too: up to fifty, the best first."""

    def more(self, client: Any, described: Mapping[str, Any]) -> Mapping[str, Any]:
        objective = described["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
        listed = call(
            client.list_training_jobs_for_hyper_parameter_tuning_job,
            HyperParameterTuningJobName=described["HyperParameterTuningJobName"],
            SortBy="FinalObjectiveMetricValue",
            SortOrder="Ascending" if objective["Type"] == "Minimize" else "Descending",
            MaxResults=50,
        )
        return {"TrainingJobSummaries": listed["TrainingJobSummaries"]}


def spark(step: Step, work: Work) -> None:
    """A job run of EMR Serverless in an application that is there."""
    client, arguments = work.client("emr-serverless"), work.values.settle(step["Arguments"])
    if "ApplicationId" not in arguments:
        raise StepFailed("ClientError: The embedded cloud makes no application of EMR Serverless for a step.")
    own = {"applicationId": arguments["ApplicationId"], "executionRoleArn": arguments["ExecutionRoleArn"]}
    begun = call(client.start_job_run, **{**arguments["JobConfig"], **own})
    name = {"applicationId": begun["applicationId"], "jobRunId": begun["jobRunId"]}
    work.tell(step["Name"], {"EMRServerless": {"ApplicationId": name["applicationId"], "JobRunId": name["jobRunId"]}})
    asked = False
    while True:
        bell = work.bell("spark-job", name["jobRunId"])
        job = call(client.get_job_run, **name)["jobRun"]
        if job["state"] == "SUCCESS":
            return
        if job["state"] == "FAILED":
            raise StepFailed(f"ClientError: {job['stateDetails']}")
        if job["state"] == "CANCELLED":
            if asked:
                raise StepStopped
            raise StepFailed(f"ClientError: {job['stateDetails']}")
        if work.stopped.is_set() and not asked:
            asked = True
            call(client.cancel_job_run, **name)
        _sleep(work, bell, listening=not asked)


def recall_spark(step: Step, told: Mapping[str, Any], work: Work) -> None:
    """Nothing of it is read by later steps: they know its folders."""


def _sleep(work: Work, bell: threading.Event, *, listening: bool) -> None:
    """Until the job's record changes, or somebody asks to stop."""
    until = time.monotonic() + LOOK_ANYWAY
    while time.monotonic() < until and not bell.wait(LISTEN):
        if listening and work.stopped.is_set():
            return


def model(step: Step, work: Work) -> None:
    client, arguments = work.client("sagemaker"), work.values.settle(step["Arguments"])
    name = job_name(str(arguments.get("ModelName") or "pipelines"), work.execution_id)
    arn = call(client.create_model, **{**arguments, "ModelName": name})["ModelArn"]
    work.tell(step["Name"], {"Model": {"Arn": arn}})
    work.values.steps[step["Name"]] = call(client.describe_model, ModelName=name)


def register(step: Step, work: Work) -> None:
    client = work.client("sagemaker")
    arn = call(client.create_model_package, **work.values.settle(step["Arguments"]))["ModelPackageArn"]
    work.tell(step["Name"], {"RegisterModel": {"Arn": arn}})
    work.values.steps[step["Name"]] = {"ModelPackageArn": arn}


def condition(step: Step, work: Work) -> None:
    outcome = all(holds(one, work.values) for one in step["Arguments"]["Conditions"])
    work.tell(step["Name"], {"Condition": {"Outcome": str(outcome)}})
    work.choose(step, outcome)


def fail(step: Step, work: Work) -> None:
    message = str(work.values.settle(step["Arguments"]["ErrorMessage"]))
    work.tell(step["Name"], {"Fail": {"ErrorMessage": message}})
    raise StepFailed(message)


def invoke(step: Step, work: Work) -> None:
    arguments = json.dumps(work.values.settle(step.get("Arguments", {})))
    answer = call(work.client("lambda").invoke, FunctionName=step["FunctionArn"], Payload=arguments.encode())
    payload = read_json(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        raise StepFailed(f"ClientError: Function {step['FunctionArn']}: {payload.get('errorMessage', payload)}")
    made = {}
    for wanted in step.get("OutputParameters", ()):
        name = wanted["OutputName"]
        if not isinstance(payload, Mapping) or name not in payload:
            raise StepFailed(f"ClientError: Function {step['FunctionArn']} answers no `{name}`.")
        made[name] = payload[name]
    told = [{"Name": name, "Value": str(value)} for name, value in made.items()]
    work.tell(step["Name"], {"Lambda": {"Arn": step["FunctionArn"], "OutputParameters": told}})
    work.values.steps[step["Name"]] = {"OutputParameters": made}


def recall_model(step: Step, told: Mapping[str, Any], work: Work) -> None:
    name = told["Model"]["Arn"].rpartition("/")[2]
    work.values.steps[step["Name"]] = call(work.client("sagemaker").describe_model, ModelName=name)


def recall_package(step: Step, told: Mapping[str, Any], work: Work) -> None:
    work.values.steps[step["Name"]] = {"ModelPackageArn": told["RegisterModel"]["Arn"]}


def recall_outcome(step: Step, told: Mapping[str, Any], work: Work) -> None:
    work.choose(step, told["Condition"]["Outcome"] == "True")


def recall_answer(step: Step, told: Mapping[str, Any], work: Work) -> None:
    made = {one["Name"]: one["Value"] for one in told["Lambda"]["OutputParameters"]}
    work.values.steps[step["Name"]] = {"OutputParameters": made}


def callback(step: Step, work: Work) -> None:
    work.callback(step, work)


def recall_callback(step: Step, told: Mapping[str, Any], work: Work) -> None:
    made = {one["Name"]: one["Value"] for one in told["Callback"]["OutputParameters"]}
    work.values.steps[step["Name"]] = {"OutputParameters": made}


@dataclass(frozen=True)
class Kind:
    """One type of step."""

    run: Callable[[Step, Work], None]
    recall: Callable[[Step, Mapping[str, Any], Work], None] | None
    """Take what an earlier attempt of the execution made, by the metadata that is told of it. A step that always fails
    has none."""


_PROCESSING, _TRAINING = Job("ProcessingJob", "processing-job"), Job("TrainingJob", "training-job")
_TRANSFORM = Job("TransformJob", "transform-job")
_TUNING = Tuning("HyperParameterTuningJob", "hyper-parameter-tuning-job", told="TuningJob", name_limit=32)

KINDS: Final[Mapping[str, Kind]] = {
    "Callback": Kind(callback, recall_callback),
    "Condition": Kind(condition, recall_outcome),
    "EMRServerless": Kind(spark, recall_spark),
    "Fail": Kind(fail, None),
    "Lambda": Kind(invoke, recall_answer),
    "Model": Kind(model, recall_model),
    "Processing": Kind(_PROCESSING.run, _PROCESSING.recall),
    "RegisterModel": Kind(register, recall_package),
    "Training": Kind(_TRAINING.run, _TRAINING.recall),
    "Transform": Kind(_TRANSFORM.run, _TRANSFORM.recall),
    "Tuning": Kind(_TUNING.run, _TUNING.recall),
}

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def holds(asked: Mapping[str, Any], values: Values) -> bool:
    """Whether one condition holds. https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-conditions.html"""
    kind = asked["Type"]
    if kind == "Not":
        return not holds(asked["Expression"], values)
    if kind == "Or":
        return any(holds(one, values) for one in asked["Conditions"])
    if kind == "In":
        return values.settle(asked["QueryValue"]) in values.settle(asked["Values"])
    left, right = values.settle(asked["LeftValue"]), values.settle(asked["RightValue"])
    try:
        return _COMPARE[kind](left, right)
    except (KeyError, TypeError):
        raise StepFailed(f"ClientError: {left!r} cannot be compared with {right!r} by {kind}.") from None


def job_name(prefix: str, execution_id: str, limit: int = 63) -> str:
    """``<prefix>-<execution>-<token>``: SageMaker's own end of a job's name; the prefix is cut where it is too long."""
    letters = string.ascii_letters + string.digits
    token = "".join(secrets.choice(letters) for _ in range(10))
    return f"{prefix[: limit - len(execution_id) - 12].rstrip('-')}-{execution_id}-{token}"


def call(function: Callable[..., Any], **arguments: Any) -> Any:
    """A call to the cloud; what it refuses fails the step in AWS's words."""
    try:
        return function(**arguments)
    except ClientError as error:
        said = error.response["Error"]
        reason = f"ClientError: {said['Message']} ({said['Code']})"
        raise StepFailed(reason, retries.of_answer(error.response)) from error
    except BotoCoreError as error:
        raise StepFailed(f"ClientError: {error}") from error
