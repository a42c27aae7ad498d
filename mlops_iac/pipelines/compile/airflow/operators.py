"""The operators that tasks are written with: where they come from, and what is always said to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

HELPER: Final = "mlops_iac_airflow"
"""The module beside the DAG files (`components/orchestrator/dags/mlops_iac_airflow.py`)."""

QUERY_HELPER: Final = f"{HELPER}_query"
QUEUE_HELPER: Final = f"{HELPER}_queue"
SPARK_HELPER: Final = f"{HELPER}_spark"
"""Those beside it, which only DAG files that use them import: two of them load operators of Amazon's provider."""

AMAZON: Final = "airflow.providers.amazon.aws.operators"


@dataclass(frozen=True)
class Operator:
    module: str
    """Where it is imported from."""
    filled: tuple[str, ...]
    """Arguments with values that are known only when a run is under way. Airflow calls what it finds there."""
    plain: Mapping[str, str] = field(default_factory=dict)
    """What is always said besides, as Python."""
    requests: Mapping[str, str] = field(default_factory=dict)
    """Path of a request in the arguments to the operation of SageMaker that takes it."""

    @property
    def ours(self) -> bool:
        return self.module.startswith(HELPER)


_OWN: Final = {"aws_conn_id": "None"}
"""No connection of Airflow's: the credentials of the environment's role."""
_PATIENT: Final = {"botocore_config": "{'read_timeout': 900, 'tcp_keepalive': True}"}
"""A function may take fifteen minutes; who calls it stops to listen after one, and then calls it again."""
_JOB: Final = {**_OWN, "check_interval": "mlops.CHECK_SECONDS"}
_DEFERS: Final = {"deferrable": "True"}
"""It gives its worker back while its job runs: Airflow's triggerer looks."""


def _job(requests: Mapping[str, str], more: Mapping[str, str] | None = None) -> Operator:
    return Operator(f"{AMAZON}.sagemaker", ("config",), {**_JOB, **(more or {})}, requests)


OPERATORS: Final[Mapping[str, Operator]] = {
    "Ask": Operator(HELPER, ("run",)),
    "AskQuery": Operator(QUERY_HELPER, ("event",)),
    "AwaitAnswer": Operator(HELPER, ("token",)),
    "AwaitDeployment": Operator(HELPER, ("request",)),
    "AwaitQuery": Operator(QUERY_HELPER, ("event", "query")),
    "Choose": Operator(HELPER, ("conditions", "parameters")),
    "FindChampion": Operator(HELPER, ()),
    "Gate": Operator(HELPER, ("conditions",)),
    "LambdaInvokeFunctionOperator": Operator(f"{AMAZON}.lambda_function", ("payload",), {**_OWN, **_PATIENT}),
    "ReadEvaluation": Operator(HELPER, ("file",)),
    "Register": Operator(HELPER, ("request",), requests={"request": "CreateModelPackage"}),
    "RunOnQueue": Operator(QUEUE_HELPER, ("job_name", "container_overrides", "node_overrides", "tags", "made"), _OWN),
    "RunOnSpark": Operator(SPARK_HELPER, ("name", "job_driver", "config"), _OWN),
    "SageMakerProcessingOperator": _job({"config": "CreateProcessingJob"}, {**_DEFERS, "print_log": "False"}),
    "SageMakerTrainingOperator": _job({"config": "CreateTrainingJob"}, {**_DEFERS, "print_log": "False"}),
    "SageMakerTransformOperator": _job(
        {"config.Model": "CreateModel", "config.Transform": "CreateTransformJob"}, _DEFERS
    ),
    # Holds its worker: its trigger looks 480 times, however long the tuning may take.
    "SageMakerTuningOperator": _job({"config": "CreateHyperParameterTuningJob"}),
    "SnsPublishOperator": Operator(f"{AMAZON}.sns", ("message",), _OWN),
    "StartDeployment": Operator(HELPER, ("request",)),
}
"""By the names that compilers use. Sorted."""

ATTEMPTS: Final = frozenset({"SageMakerProcessingOperator", "SageMakerTrainingOperator", "SageMakerTransformOperator"})
"""Those that stop to look after a number of looks."""


def request_of(arguments: Mapping[str, Any], path: str) -> Any:
    found: Any = arguments
    for key in path.split("."):
        found = found[key]
    return found
