"""Step Functions' service integrations in moto's interpreter, as AWS runs them.

moto parses and runs Amazon States Language (its interpreter comes from LocalStack), but its integrations are partly
empty: parameters and results are not converted between Step Functions' PascalCase and each service's own names, no
`.sync` works, and calls go to a fixed account. What is here:

- names and results are converted by botocore's shapes, for every service; dates become ISO strings, bodies become text
- ``sagemaker`` is an optimised integration: create calls, and `.sync` for training, processing, transform and tuning
  jobs, with AWS's error names
- `.sync` looks at the job every `POLL` seconds, and stops the job when the execution is stopped or the task times out
- calls are made in the account and region of the state machine

JSONPath is complete. JSONata works when ``jsonata-python`` can be imported; without it such a machine fails at its
first expression and says so.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import DEFAULT_ACCOUNT, Clients
from mlops_iac.cloud.interpreters import intrinsics

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

POLL: Final = 0.2
"""Seconds between two looks at a job that a `.sync` task waits for."""

_PACKAGE: Final = "moto.stepfunctions.parser.asl"
_TASKS: Final = f"{_PACKAGE}.component.state.exec.state_task.service"

log = logging.getLogger("mlops_iac.cloud")


@dataclass(frozen=True)
class Job:
    """How a job is followed: its name, the call that describes it, where its status is, and the call that stops it."""

    name: str
    describe: str
    status: str
    stop: str


SYNC: Final = {
    "createTrainingJob": Job("TrainingJobName", "describe_training_job", "TrainingJobStatus", "stop_training_job"),
    "createProcessingJob": Job(
        "ProcessingJobName", "describe_processing_job", "ProcessingJobStatus", "stop_processing_job"
    ),
    "createTransformJob": Job("TransformJobName", "describe_transform_job", "TransformJobStatus", "stop_transform_job"),
    "createHyperParameterTuningJob": Job(
        "HyperParameterTuningJobName",
        "describe_hyper_parameter_tuning_job",
        "HyperParameterTuningJobStatus",
        "stop_hyper_parameter_tuning_job",
    ),
}
SAGEMAKER: Final = frozenset({*SYNC, "createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint"})
"""The actions of the optimised integration; others are reached through ``aws-sdk:sagemaker``.
Source: "Create and manage Amazon SageMaker AI jobs with Step Functions" in the Step Functions developer guide."""

SDK_NAMES: Final = {
    "cloudwatch": "CloudWatch", "cloudwatchlogs": "CloudWatchLogs", "dynamodb": "DynamoDb", "ec2": "Ec2",
    "ecr": "Ecr", "eventbridge": "EventBridge", "iam": "Iam", "kms": "Kms", "s3": "S3", "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime", "secretsmanager": "SecretsManager", "sfn": "Sfn", "sns": "Sns",
    "sqs": "Sqs", "ssm": "Ssm", "sts": "Sts",
}  # fmt: skip
"""``aws-sdk`` service to the name that its errors start with: the AWS SDK for Java 2 client's."""

BOTO_NAMES: Final = {
    "cloudwatchlogs": "logs", "eventbridge": "events", "sagemakerruntime": "sagemaker-runtime", "sfn": "stepfunctions",
    "states": "stepfunctions",
}  # fmt: skip
"""A service's name in a Task's resource to botocore's."""


class BadParameters(ValueError):
    """A task's parameters do not fit the API; AWS ends the state with `States.Runtime`."""


def install(gateway: Gateway) -> None:
    """Put the integrations into moto's interpreter. May be called once per server; the last one is used."""
    _CALLING.gateway = gateway
    if not _CALLING.installed:
        _CALLING.installed = True
        _patch_clients()
        _patch_shapes()
        _patch_sync()
        _patch_errors()
        _patch_sagemaker()
        _patch_jsonata()
        intrinsics.install()


# Clients ------------------------------------------------------------------------------------------------------------


class _Calling:
    """Which server the interpreter calls."""

    gateway: Gateway
    installed = False
    _made: dict[tuple[str, str, str], Clients]

    def __init__(self) -> None:
        self._made = {}

    def client(self, service: str, region: str, account_id: str) -> Any:
        """A client of the embedded cloud whose answers are JSON: Step Functions passes them on as text."""
        key = (self.gateway.endpoint, region, account_id)
        clients = self._made.setdefault(key, Clients.embedded(*key))
        client = clients(BOTO_NAMES.get(service, service))
        client.meta.events.register("after-call.*.*", _make_json, unique_id="mlops-iac-json")
        return client


_CALLING: Final = _Calling()


def _make_json(parsed: dict[str, Any], **_: Any) -> None:
    parsed.update(as_json({key: value for key, value in parsed.items() if key != "ResponseMetadata"}))


def as_json(value: Any) -> Any:
    """Dates as ISO 8601 in UTC, as Step Functions shows them; everything else as it is."""
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    """moto's ``boto_client_for``, in the account of the state machine's role (or the role a Task names)."""
    role = str(getattr(state_credentials, "role_arn", "") or "").split(":")
    account_id = role[4] if len(role) > 5 and role[4].isdigit() else DEFAULT_ACCOUNT
    return _CALLING.client(service, region, account_id)


def _patch_clients() -> None:
    _load_tasks()
    boto_client = _module(f"{_PACKAGE}.utils.boto_client")
    _replace_everywhere("boto_client_for", boto_client.boto_client_for, _client_for)


# Parameters and results ---------------------------------------------------------------------------------------------


@functools.cache
def _operation(service: str, action: str) -> Any:
    """botocore's model of an operation, by its method's name (``create_training_job``)."""
    from botocore import xform_name
    from moto.core.utils import get_service_model

    model = get_service_model(BOTO_NAMES.get(service, service))
    wanted = action.replace("_", "")
    for name in model.operation_names:
        if xform_name(name).replace("_", "") == wanted:
            return model.operation_model(name)
    raise BadParameters(f"{service} has no operation {action}.")


def _patch_shapes() -> None:
    """moto left both conversions empty."""
    tasks = _module(f"{_TASKS}.state_task_service").StateTaskService

    def to_request(self: Any, parameters: Any, boto_service_name: Any = None, service_action_name: Any = None) -> None:
        service = self._get_boto_service_name(boto_service_name)
        shape = _operation(service, self._get_boto_service_action(service_action_name)).input_shape
        if shape is not None:
            self._to_boto_request(parameters, shape)
            _check(parameters, shape)

    def from_response(self: Any, response: Any, boto_service_name: Any = None, service_action_name: Any = None) -> None:
        service = self._get_boto_service_name(boto_service_name)
        shape = _operation(service, self._get_boto_service_action(service_action_name)).output_shape
        if shape is not None:
            self._from_boto_response(response, shape)

    tasks._normalise_parameters = to_request
    tasks._normalise_response = from_response


def _check(parameters: dict[str, Any], shape: Any) -> None:
    """Refuse what the API would not take, in Step Functions' words."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        shown = json.dumps(parameters, default=str, separators=(",", ":"))
        raise BadParameters(
            f"The Parameters '{shown}' could not be used to start the Task: [{report.generate_report()}]"
        )


# .sync --------------------------------------------------------------------------------------------------------------


def _patch_sync() -> None:
    """Poll faster than moto, and stop what was started when nobody waits for it any more."""
    callback = _module(f"{_TASKS}.state_task_service_callback").StateTaskServiceCallback
    batch = _module(f"{_TASKS}.state_task_service_batch").StateTaskServiceBatch
    states = _module(f"{_TASKS}.state_task_service_sfn").StateTaskServiceSfn

    def eval_sync(self: Any, env: Any, sync_resolver: Callable[[], Any], **_: Any) -> Any:
        pause = threading.Event()
        while env.is_running():
            result = sync_resolver()
            if result:
                return result
            pause.wait(POLL)
        cancel = getattr(sync_resolver, "cancel", None)
        if cancel is not None:
            _try_to(cancel)
        return None

    callback._eval_sync = eval_sync
    condition = _module(f"{_TASKS}.resource").ResourceCondition
    _module(f"{_TASKS}.state_task_service_glue")._SUPPORTED_INTEGRATION_PATTERNS.add(condition.WaitForTaskToken)
    _add_cancel(batch, "_build_sync_resolver", "JobId", _cancel_batch)
    _add_cancel(states, "_build_sync_resolver", "ExecutionArn", _cancel_execution)
    _add_cancel(states, "_build_sync2_resolver", "ExecutionArn", _cancel_execution)


def _add_cancel(kind: Any, method: str, key: str, cancel: Callable[[Any, str], None]) -> None:
    """Give a resolver that moto builds a ``cancel`` of its own; ``key`` names the started thing in the task's output."""
    build = getattr(kind, method)

    def build_with_cancel(self: Any, **arguments: Any) -> Any:
        started = arguments["env"].stack[-1]
        name = next((value for field, value in started.items() if field.lower() == key.lower()), None)
        resolver = build(self, **arguments)
        region, credentials = arguments["resource_runtime_part"].region, arguments["state_credentials"]
        service = "batch" if key == "JobId" else "stepfunctions"
        resolver.cancel = lambda: cancel(_client_for(region, service, credentials), name)
        return resolver

    setattr(kind, method, build_with_cancel)


def _cancel_batch(client: Any, job_id: str) -> None:
    client.terminate_job(jobId=job_id, reason="The Step Functions execution was stopped.")


def _cancel_execution(client: Any, arn: str) -> None:
    client.stop_execution(executionArn=arn, cause="The parent execution was stopped.")


def _try_to(cancel: Callable[[], None]) -> None:
    """Stopping is best effort, on AWS too: the job may have ended a moment ago."""
    try:
        cancel()
    except Exception as error:
        log.info("A job could not be stopped with its execution: %s", error)


# Errors -------------------------------------------------------------------------------------------------------------


def _patch_errors() -> None:
    """Error names as AWS gives them: ``S3.NoSuchKeyException``, ``SageMaker.SageMakerException``."""
    sdk = _module(f"{_TASKS}.state_task_service_aws_sdk").StateTaskServiceAwsSdk
    sdk._normalise_service_error_name = staticmethod(
        lambda service: SDK_NAMES.get(service.lower(), service[:1].upper() + service[1:])
    )


def sagemaker_error_name(error: Any) -> str:
    """The optimised integration's name of a botocore ``ClientError``: the AWS SDK for Java's exception class."""
    name = type(error).__name__
    if name == "ClientError":  # ValidationException, ThrottlingException: not modelled, so the service's base class
        return "SageMaker.AmazonSageMakerException"
    return f"SageMaker.{name}" if name.endswith("Exception") else f"SageMaker.{name}Exception"


def sagemaker_error_cause(error: Any) -> str:
    response, metadata = error.response["Error"], error.response["ResponseMetadata"]
    details = [
        "Service: AmazonSageMaker",
        f"Status Code: {metadata['HTTPStatusCode']}",
        f"Error Code: {response['Code']}",
        f"Request ID: {metadata.get('RequestId', '')}",
        "Proxy: null",
    ]
    return f"{response['Message']} ({'; '.join(details)})"


# SageMaker ----------------------------------------------------------------------------------------------------------


def _patch_sagemaker() -> None:
    factory = _module(f"{_TASKS}.state_task_service_factory")
    original, kind = factory.state_task_service_for, _sagemaker_task()

    def service_for(service_name: str) -> Any:
        return kind() if service_name == "sagemaker" else original(service_name)

    _replace_everywhere("state_task_service_for", original, service_for)


def _sagemaker_task() -> Any:
    """The class behind ``arn:aws:states:::sagemaker:*``, made late because moto's interpreter is slow to import."""
    from botocore.exceptions import ClientError

    base = _module(f"{_TASKS}.state_task_service_callback").StateTaskServiceCallback
    condition = _module(f"{_TASKS}.resource").ResourceCondition

    class SageMakerTask(base):
        def __init__(self) -> None:
            # moto's waiting code needs the task token's machinery; the pattern itself is refused below
            super().__init__(supported_integration_patterns={condition.Sync, condition.WaitForTaskToken})

        def _validate_service_integration_is_supported(self) -> None:
            """As AWS: an action outside the optimised integration is refused when the machine is created."""
            action, waits = self.resource.api_action, self.resource.condition
            if action not in SAGEMAKER or (waits is not None and (waits != condition.Sync or action not in SYNC)):
                raise ValueError(f"The resource provided {self.resource.resource_arn} is not recognized.")

        def _eval_service_task(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> None:
            client = _client_for(resource_runtime_part.region, "sagemaker", state_credentials)
            response = getattr(client, self._get_boto_service_action())(**normalised_parameters)
            response.pop("ResponseMetadata", None)
            env.stack.append(response)

        def _build_sync_resolver(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> Callable[[], Any]:
            env.stack.pop()
            client = _client_for(resource_runtime_part.region, "sagemaker", state_credentials)
            job = SYNC[self.resource.api_action]
            name = {job.name: normalised_parameters[job.name]}

            def resolve() -> Any:
                described = getattr(client, job.describe)(**name)
                described.pop("ResponseMetadata", None)
                if described[job.status] == "Completed":
                    return described
                if described[job.status] in ("Failed", "Stopped"):
                    raise _task_failed(self, env, described)
                return None

            resolve.cancel = lambda: getattr(client, job.stop)(**name)  # type: ignore[attr-defined]
            return resolve

        def _from_error(self, env: Any, ex: Exception) -> Any:
            if isinstance(ex, ClientError):
                return _failure_event(self, env, sagemaker_error_name(ex), sagemaker_error_cause(ex))
            return super()._from_error(env=env, ex=ex)

    return SageMakerTask


def _task_failed(task: Any, env: Any, described: Mapping[str, Any]) -> Exception:
    """A job that failed: `States.TaskFailed` with the job's description as the cause, as AWS does."""
    failures = _module(f"{_PACKAGE}.component.common.error_name.failure_event")
    cause = json.dumps(described, default=str, separators=(",", ":"))
    return failures.FailureEventException(_failure_event(task, env, "States.TaskFailed", cause))  # type: ignore[no-any-return]


def _failure_event(task: Any, env: Any, error: str, cause: str) -> Any:
    names = f"{_PACKAGE}.component.common.error_name"
    api = _module("moto.stepfunctions.parser.api")
    details = api.TaskFailedEventDetails(
        error=error, cause=cause, resource=task._get_sfn_resource(), resourceType=task._get_sfn_resource_type()
    )
    return _module(f"{names}.failure_event").FailureEvent(
        env=env,
        error_name=_module(f"{names}.error_name").ErrorName(error_name=error),
        event_type=api.HistoryEventType.TaskFailed,
        event_details=_module(f"{_PACKAGE}.eval.event.event_detail").EventDetails(taskFailedEventDetails=details),
    )


# JSONata and plumbing -----------------------------------------------------------------------------------------------


def _patch_jsonata() -> None:
    """moto ships the grammar but no evaluator; ``jsonata-python`` is one in pure Python, if it is there."""
    evaluator = _module(f"{_PACKAGE}.jsonata.jsonata")

    def evaluate(expression: str) -> Any:
        try:
            import jsonata
        except ImportError:
            raise RuntimeError("JSONata needs the package jsonata-python: pip install jsonata-python") from None
        return jsonata.Jsonata(expression).evaluate(None)

    evaluator._eval_jsonata = evaluate


def _load_tasks() -> None:
    """Import everything that holds a name which is replaced."""
    for name in ("batch", "sfn", "aws_sdk", "lambda", "sns", "factory", "callback", "ecs", "glue", "sqs", "events"):
        with contextlib.suppress(ModuleNotFoundError):
            _module(f"{_TASKS}.state_task_service_{name}")
    _module(f"{_PACKAGE}.parse.asl_parser")


def _module(name: str) -> Any:
    import importlib

    return importlib.import_module(name)


def _replace_everywhere(name: str, old: Any, new: Any) -> None:
    """Modules hold imported functions under their own name; each of them gets the new one."""
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("moto.stepfunctions") and vars(module).get(name) is old:
            setattr(module, name, new)
