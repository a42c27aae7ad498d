"""Where runs are logged: what the environment says of it, and what its tracker wrote beside a run's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.lake import find_content

SERVICE: Final = "experiment-tracking"
"""The capability in the environment's catalogue."""

FILE: Final = "record/tracking.json"
MOST_BYTES: Final = 64 * 1024

EXPIRY: Final = 300
"""Seconds in which a page's address must be used; AWS allows no more.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedMlflowAppUrl.html"""

NAMES: Final = {"mlflow": "MLflow", "sagemaker": "SageMaker's experiments"}


@dataclass(frozen=True, kw_only=True)
class Tracking:
    """Where an environment's runs are logged."""

    kind: Literal["mlflow", "sagemaker"]
    address: str
    """Of an MLflow app: its ARN."""
    experiments: Mapping[str, str]
    """Of each pipeline, by its name."""

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "address": self.address, "experiments": dict(self.experiments)}


def get_tracking(environment: Environment) -> Tracking:
    """Raises RunError where runs are logged nowhere."""
    service = environment.services.get(SERVICE)
    if service is None:
        raise RunError(
            "Runs are logged nowhere else.",
            f"{environment.stack} keeps its own records of runs only: its option `tracking` is `none`.",
            hint="set `tracking: mlflow` or `tracking: sagemaker` in the stack file, then `mlops-iac up`.",
        )
    return Tracking(
        kind="mlflow" if ":mlflow-app/" in service.endpoint else "sagemaker",
        address=service.endpoint,
        experiments={name: f"{environment.stack}-{name}" for name in environment.pipelines},
    )


def make_page_url(tracking: Tracking, clients: Clients) -> str:
    """Of MLflow's page: it lets one browser in, once. Raises RunError where there is no page."""
    if tracking.kind != "mlflow":
        raise RunError(
            "There is no page of its own.",
            f"Runs are logged to {tracking.name}, which have no address that could be made here.",
            hint="open SageMaker Studio, where they stand under Experiments.",
        )
    asked = {"Arn": tracking.address, "ExpiresInSeconds": EXPIRY}
    made: str = clients("sagemaker").create_presigned_mlflow_app_url(**asked)["AuthorizedUrl"]
    return made


def find_tracking(environment: Environment, clients: Clients, run: str) -> dict[str, Any] | None:
    """What the tracker wrote; empty when it wrote nothing yet, None where runs are logged nowhere."""
    if SERVICE not in environment.services:
        return None
    key = f"{environment.lake.zones['models']}{run}/{FILE}"
    content = find_content(environment.lake, clients, key, MOST_BYTES)
    try:
        told = read_json(content)["told"] if content else {}
    except (NotStrictJson, KeyError, TypeError):
        told = {}
    return dict(told) if isinstance(told, dict) else {}
