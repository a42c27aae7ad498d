"""``arn:aws:states:::sagemaker:*``: the optimised integration, which moto lacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.interpreters.step_functions import waiting
from mlops_iac.cloud.interpreters.step_functions.moto_asl import PACKAGE, TASKS, client_for, module, replace_everywhere


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


def install() -> None:
    """Answer for ``sagemaker`` in moto's factory of tasks."""
    factory = module(f"{TASKS}.state_task_service_factory")
    original, kind = factory.state_task_service_for, _sagemaker_task()

    def service_for(service_name: str) -> Any:
        return kind() if service_name == "sagemaker" else original(service_name)

    replace_everywhere("state_task_service_for", original, service_for)


def _sagemaker_task() -> Any:
    """The class behind ``arn:aws:states:::sagemaker:*``, made late because moto's interpreter is slow to import."""
    from botocore.exceptions import ClientError

    base = module(f"{TASKS}.state_task_service_callback").StateTaskServiceCallback
    condition = module(f"{TASKS}.resource").ResourceCondition

    class SageMakerTask(base):  # type: ignore[valid-type, misc]
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
            client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
            action = self._get_boto_service_action()
            key = waiting.find_key(normalised_parameters, resource_runtime_part.region, state_credentials)
            with waiting.asking(env, key, reads=False):
                response = getattr(client, action)(**normalised_parameters)
            response.pop("ResponseMetadata", None)
            env.stack.append(response)

        def _build_sync_resolver(
            self, env: Any, resource_runtime_part: Any, normalised_parameters: Any, state_credentials: Any
        ) -> Callable[[], Any]:
            env.stack.pop()
            client = client_for(resource_runtime_part.region, "sagemaker", state_credentials)
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

            region = resource_runtime_part.region
            resolve.key = waiting.find_key(name, region, state_credentials)  # type: ignore[attr-defined]
            resolve.cancel = lambda: getattr(client, job.stop)(**name)  # type: ignore[attr-defined]
            return resolve

        def _from_error(self, env: Any, ex: Exception) -> Any:
            if isinstance(ex, ClientError):
                return _failure_event(self, env, sagemaker_error_name(ex), sagemaker_error_cause(ex))
            return super()._from_error(env=env, ex=ex)

    return SageMakerTask


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
