"""Step Functions' service integrations in moto's interpreter, as AWS runs them.

moto parses and runs Amazon States Language (its interpreter comes from LocalStack), but its integrations are partly
empty: parameters and results are not converted between Step Functions' PascalCase and each service's own names, no
`.sync` works, and calls go to a fixed account. What is here:

- names and results are converted by botocore's shapes, for every service; dates become ISO strings, bodies become text
- ``sagemaker`` and ``athena`` are optimised integrations: create calls, and `.sync` for training, processing,
  transform and tuning jobs and for queries, with AWS's error names
- `.sync` is told when the job changes, and stops the job when the execution is stopped or the task times out; Wait
  states are cut short by what they wait for (`waiting.py`)
- calls are made in the account and region of the state machine

JSONPath is complete. JSONata works when ``jsonata-python`` can be imported; without it such a machine fails at its
first expression and says so.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.interpreters.step_functions import (
    branch_failures,
    intrinsics,
    mapping,
    optimized_tasks,
    parsing,
    paths,
    waiting,
)
from mlops_iac.cloud.interpreters.step_functions.moto_asl import (
    BOTO_NAMES,
    CALLING,
    PACKAGE,
    TASKS,
    account_of,
    client_for,
    load_tasks,
    module,
    replace_everywhere,
)

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


STATE_BYTES: Final = 256 * 1024
"""Of a state's result; more is `States.DataLimitExceeded`.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

SDK_NAMES: Final = {
    "cloudwatch": "CloudWatch", "cloudwatchlogs": "CloudWatchLogs", "dynamodb": "DynamoDb", "ec2": "Ec2",
    "ecr": "Ecr", "eventbridge": "EventBridge", "iam": "Iam", "kms": "Kms", "redshiftdata": "RedshiftData", "s3": "S3",
    "sagemaker": "SageMaker", "sagemakerruntime": "SageMakerRuntime", "secretsmanager": "SecretsManager", "sfn": "Sfn",
    "sns": "Sns", "sqs": "Sqs", "ssm": "Ssm", "sts": "Sts",
}  # fmt: skip
"""``aws-sdk`` service to the name that its errors start with: the AWS SDK for Java 2 client's."""


class BadParameters(ValueError):
    """A task's parameters do not fit the API; AWS ends the state with `States.Runtime`."""


def install(gateway: Gateway) -> None:
    """Put the integrations into moto's interpreter. May be called once per server; the last one is used."""
    CALLING.gateway = gateway
    if not CALLING.installed:
        CALLING.installed = True
        parsing.mend()
        _patch_clients()
        _patch_shapes()
        _patch_sync()
        _patch_errors()
        optimized_tasks.install()
        mapping.install()
        paths.install()
        waiting.install()
        _patch_jsonata()
        intrinsics.install()
        paths.install()
        branch_failures.install()


# Clients and names -------------------------------------------------------------------------------------------------


def _patch_clients() -> None:
    load_tasks()
    boto_client = module(f"{PACKAGE}.utils.boto_client")
    replace_everywhere("boto_client_for", boto_client.boto_client_for, client_for)


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
    tasks = module(f"{TASKS}.state_task_service").StateTaskService

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

    def from_value(value: Any) -> Any:
        """A body that is larger than a state may be is not read to its end: moto refuses it by what there is."""
        from botocore.response import StreamingBody

        if not isinstance(value, StreamingBody):
            return value
        body = value.read(STATE_BYTES + 1)
        value.close()
        return body.decode("utf-8", "replace" if len(body) > STATE_BYTES else "strict")

    tasks._from_boto_response_value = staticmethod(from_value)
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
    """Sleep instead of moto's polling, and stop what was started when nobody waits for it any more."""
    batch = module(f"{TASKS}.state_task_service_batch").StateTaskServiceBatch
    states = module(f"{TASKS}.state_task_service_sfn").StateTaskServiceSfn
    condition = module(f"{TASKS}.resource").ResourceCondition
    module(f"{TASKS}.state_task_service_glue")._SUPPORTED_INTEGRATION_PATTERNS.add(condition.WaitForTaskToken)
    _add_cancel(batch, "_build_sync_resolver", "JobId", _cancel_batch)
    _add_cancel(states, "_build_sync_resolver", "ExecutionArn", _cancel_execution)
    _add_cancel(states, "_build_sync2_resolver", "ExecutionArn", _cancel_execution)


def _add_cancel(kind: Any, method: str, key: str, cancel: Callable[[Any, Any], None]) -> None:
    """Give a resolver of moto's a ``cancel``; ``key`` names what was started in the task's output."""
    build = getattr(kind, method)

    def build_with_cancel(self: Any, **arguments: Any) -> Any:
        started = arguments["env"].stack[-1]
        name = next((value for field, value in started.items() if field.lower() == key.lower()), None)
        resolver = build(self, **arguments)
        region, credentials = arguments["resource_runtime_part"].region, arguments["state_credentials"]
        service = "batch" if key == "JobId" else "stepfunctions"
        account = account_of(credentials)
        resolver.key = ("batch-job", account, region, name) if service == "batch" else ("execution", name)
        resolver.cancel = lambda: cancel(client_for(region, service, credentials), name)
        return resolver

    setattr(kind, method, build_with_cancel)


def _cancel_batch(client: Any, job_id: str) -> None:
    client.terminate_job(jobId=job_id, reason="The Step Functions execution was stopped.")


def _cancel_execution(client: Any, arn: str) -> None:
    client.stop_execution(executionArn=arn, cause="The parent execution was stopped.")


# Errors -------------------------------------------------------------------------------------------------------------


def _patch_errors() -> None:
    """Error names as AWS gives them: ``S3.NoSuchKeyException``, ``SageMaker.SageMakerException``."""
    sdk = module(f"{TASKS}.state_task_service_aws_sdk").StateTaskServiceAwsSdk
    sdk._normalise_service_error_name = staticmethod(
        lambda service: SDK_NAMES.get(service.lower(), service[:1].upper() + service[1:])
    )


# JSONata -----------------------------------------------------------------------------------------------


def _patch_jsonata() -> None:
    """moto ships the grammar but no evaluator; ``jsonata-python`` is one in pure Python, if it is there."""
    evaluator = module(f"{PACKAGE}.jsonata.jsonata")

    def evaluate(expression: str) -> Any:
        try:
            import jsonata
        except ImportError:
            raise RuntimeError("JSONata needs the package jsonata-python: pip install jsonata-python") from None
        return jsonata.Jsonata(expression).evaluate(None)

    evaluator._eval_jsonata = evaluate
