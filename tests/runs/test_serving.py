"""Which run's model an endpoint serves, in each state that an endpoint can be in."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.core.service_models import get_model
from mlops_iac.pipelines.strategy import Shadow, Weights
from mlops_iac.runs.serving import SERVING, TRIED, find_served_run
from tests.support.small_environment import make_environment

RUN = "261121-081530-3fa2"


class SageMaker:
    """Describes one endpoint, or has none."""

    def __init__(self, answer: dict[str, Any] | None) -> None:
        self.answer = answer

    def __call__(self, service: str) -> SageMaker:
        return self

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if self.answer is None:
            error = {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}
            raise ClientError({"Error": error}, "DescribeEndpoint")  # type: ignore[typeddict-item]
        return self.answer

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:
        return {}


def served(answer: dict[str, Any] | None) -> str | None:
    environment = make_environment()
    return find_served_run(environment, SageMaker(answer), environment.endpoints["main"])  # type: ignore[arg-type]


def described(status: str, run: str = RUN) -> dict[str, Any]:
    return {"EndpointStatus": status, "EndpointConfigName": f"screening-dev-{run}-deploy"}


def test_before_the_first_run_nothing_is_served() -> None:
    assert served(None) is None


@pytest.mark.parametrize("status", get_model("sagemaker").shape_for("EndpointStatus").enum)
def test_an_endpoint_that_never_came_into_service_serves_no_run(status: str) -> None:
    """The configuration of a first creation that failed is the failed run's, which serves nothing."""
    assert served(described(status)) == (RUN if status in SERVING else None)


def test_creating_failed_and_going_endpoints_serve_nothing() -> None:
    assert not {"Creating", "Failed", "Deleting", "OutOfService"} & set(SERVING)


def test_a_configuration_that_no_run_made_names_no_run() -> None:
    assert served({"EndpointStatus": "InService", "EndpointConfigName": "by-hand"}) is None


def test_variants_that_a_strategy_puts_beside_have_these_names() -> None:
    assert set(TRIED) == {one.beside for one in (Shadow, Weights)}
