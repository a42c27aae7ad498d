"""``arn:aws:states:::sagemaker:*`` and their like: optimised integrations, which moto lacks."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.interpreters.step_functions import waiting
from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, TASKS, client_for, module, replace_everywhere


@dataclass(frozen=True)
class Job:
    """How what `.sync` waits for is followed: what it is known by, and the calls that describe and stop it."""

    id: str
    """The member that names it, in the request or, where the service chooses the name, in its answer."""
    describe: str
    stop: str
    status: tuple[str, ...]
    """Where its status is in the description."""
    within: tuple[str, ...] = ()
    """Members of the request that both calls take besides: what it is in."""


@dataclass(frozen=True)
class Service:
    """One optimised integration."""

    name: str
    """In the names of its errors."""
    actions: frozenset[str]
    """What it offers; other actions are reached through ``aws-sdk``."""
    sync: Mapping[str, Job]
    base: str = ""
    """How the name of its errors without one of their own begins. Left out: ``Amazon`` and its name."""


def _sagemaker(noun: str) -> Job:
    words = re.sub(r"(?<!^)([A-Z])", r"_\1", noun).lower()
    return Job(f"{noun}Name", f"describe_{words}", f"stop_{words}", (f"{noun}Status",))


_SAGEMAKER: Final = {
    f"create{noun}": _sagemaker(noun)
    for noun in ("HyperParameterTuningJob", "ProcessingJob", "TrainingJob", "TransformJob")
}
_QUERY: Final = Job(
    "QueryExecutionId", "get_query_execution", "stop_query_execution", ("QueryExecution", "Status", "State")
)

_SPARK: Final = Job("jobRunId", "get_job_run", "cancel_job_run", ("jobRun", "state"), within=("applicationId",))

SERVICES: Final[Mapping[str, Service]] = {
    "athena": Service(
        "Athena",
        frozenset({"getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"}),
        {"startQueryExecution": _QUERY},
    ),
    "emr-serverless": Service(
        "EMRServerless", frozenset({"cancelJobRun", "startJobRun"}), {"startJobRun": _SPARK}, base="AWSEMRServerless"
    ),
    "sagemaker": Service(
        "SageMaker",
        frozenset({*_SAGEMAKER, "createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint"}),
        _SAGEMAKER,
    ),
}
"""By the word in ARNs. Source: "Integrating optimized services" in the Step Functions developer guide."""

GOOD: Final = ("Completed", "SUCCEEDED", "SUCCESS")
BAD: Final = ("Failed", "Stopped", "FAILED", "CANCELLED")


def install() -> None:
    """Answer for these services in moto's factory of tasks."""
    factory = module(f"{TASKS}.state_task_service_factory")
    original, kind = factory.state_task_service_for, _task()

    def service_for(service_name: str) -> Any:
        return kind(service_name) if service_name in SERVICES else original(service_name)

    replace_everywhere("state_task_service_for", original, service_for)


def _task() -> Any:
    """The class behind these integrations, made late because moto's interpreter is slow to import."""
    from botocore.exceptions import ClientError

    base = module(f"{TASKS}.state_task_service_callback").StateTaskServiceCallback
    condition = module(f"{TASKS}.resource").ResourceCondition

    class OptimizedTask(base):  # type: ignore[valid-type, misc]
        def __init__(self, service: str) -> None:
            # moto's waiting code needs the task token's machinery; the pattern itself is refused below
            super().__init__(supported_integration_patterns={condition.Sync, condition.WaitForTaskToken})
            self.service = SERVICES[service]

        def _validate_service_integration_is_supported(self) -> None:
            """As AWS: an action outside the optimised integration is refused when the machine is created."""
            action, waits = self.resource.api_action, self.resource.condition
            waited = waits is None or (waits == condition.Sync and action in self.service.sync)
            if action not in self.service.actions or not waited:
                raise ValueError(f"The resource provided {self.resource.resource_arn} is not recognized.")

        def _eval_service_task(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> None:
            client = client_for(resource_runtime_part.region, self.resource.service_name, state_credentials)
            action = self._get_boto_service_action()
            key = waiting.find_key(normalised_parameters, resource_runtime_part.region, state_credentials)
            with waiting.asking(env, key, reads=False):
                response = getattr(client, action)(**normalised_parameters)
            response.pop("ResponseMetadata", None)
            env.stack.append(response)

        def _build_sync_resolver(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> Callable[[], Any]:
            answer = env.stack.pop()
            client = client_for(resource_runtime_part.region, self.resource.service_name, state_credentials)
            job = self.service.sync[self.resource.api_action]
            known = {_title(key): value for key, value in {**normalised_parameters, **answer}.items()}
            name = {member: known[_title(member)] for member in (job.id, *job.within)}

            def resolve() -> Any:
                described = getattr(client, job.describe)(**name)
                described.pop("ResponseMetadata", None)
                status = functools.reduce(lambda inner, member: inner[member], job.status, described)
                if status in GOOD:
                    return described
                if status in BAD:
                    raise _task_failed(self, env, described)
                return None

            region = resource_runtime_part.region
            resolve.key = waiting.find_key(name, region, state_credentials)  # type: ignore[attr-defined]
            resolve.cancel = lambda: getattr(client, job.stop)(**name)  # type: ignore[attr-defined]
            return resolve

        def _from_error(self, env: Any, ex: Exception) -> Any:
            if isinstance(ex, ClientError):
                error = error_name(self.service.name, ex, self.service.base)
                return _failure_event(self, env, error, error_cause(self.service.name, ex))
            return super()._from_error(env=env, ex=ex)

    return OptimizedTask


def _title(name: str) -> str:
    """A member as Step Functions writes it, whatever the service does."""
    return name[:1].upper() + name[1:]


def _task_failed(task: Any, env: Any, described: Mapping[str, Any]) -> Exception:
    """A job that failed: `States.TaskFailed` with the job's description as the cause, as AWS does."""
    failures = module(f"{PACKAGE}.component.common.error_name.failure_event")
    cause = json.dumps(described, default=str, separators=(",", ":"))
    return failures.FailureEventException(_failure_event(task, env, "States.TaskFailed", cause))


def _failure_event(task: Any, env: Any, error: str, cause: str) -> Any:
    names = f"{PACKAGE}.component.common.error_name"
    api = module("moto.stepfunctions.parser.api")
    details = api.TaskFailedEventDetails(
        error=error, cause=cause, resource=task._get_sfn_resource(), resourceType=task._get_sfn_resource_type()
    )
    return module(f"{names}.failure_event").FailureEvent(
        env=env,
        error_name=module(f"{names}.error_name").ErrorName(error_name=error),
        event_type=api.HistoryEventType.TaskFailed,
        event_details=module(f"{PACKAGE}.eval.event.event_detail").EventDetails(taskFailedEventDetails=details),
    )


def error_name(service: str, error: Any, base: str = "") -> str:
    """The optimised integration's name of a botocore ``ClientError``: the AWS SDK for Java's exception class."""
    name = type(error).__name__
    if name == "ClientError":  # ValidationException, ThrottlingException: not modelled, so the service's base class
        return f"{service}.{base or f'Amazon{service}'}Exception"
    return f"{service}.{name}" if name.endswith("Exception") else f"{service}.{name}Exception"


def error_cause(service: str, error: Any) -> str:
    response, metadata = error.response["Error"], error.response["ResponseMetadata"]
    details = [
        f"Service: Amazon{service}",
        f"Status Code: {metadata['HTTPStatusCode']}",
        f"Error Code: {response['Code']}",
        f"Request ID: {metadata.get('RequestId', '')}",
        "Proxy: null",
    ]
    return f"{response['Message']} ({'; '.join(details)})"
