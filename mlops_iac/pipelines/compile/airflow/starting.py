"""How a run of a DAG is started: by Airflow's REST API, which MWAA passes a request on to.

https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html and
https://airflow.apache.org/docs/apache-airflow/2.11.0/stable-rest-api-ref.html (Trigger a new DAG run)
"""

from __future__ import annotations

from typing import Final

from mlops_iac.core.environment import Pipeline
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.order import Order, Running, StartRequest, reuse

UNDER_WAY: Final = ("queued", "running")
"""How a DAG's run is that is not over."""


def parse_handle(handle: str) -> tuple[str, str]:
    """The MWAA environment and the DAG of a pipeline: ``screening-dev-airflow/training``."""
    environment, _, dag = handle.partition("/")
    return environment, dag


def start_request(stack: str, pipeline: Pipeline, order: Order) -> StartRequest:
    """The id of a DAG's run is used once, so a run that is started twice is one run."""
    environment, dag = parse_handle(pipeline.handle)
    given = {
        "run": order.run,
        "code": {"uri": order.code_uri, "sha": order.code_sha},
        "parameters": hyperparameters.carried(order.parameters),
        "names": dict(order.names),
        **reuse(pipeline, order),
    }
    return StartRequest(
        service="mwaa",
        operation="invoke_rest_api",
        arguments={
            "Name": environment,
            "Path": f"/dags/{dag}/dagRuns",
            "Method": "POST",
            "Body": {"dag_run_id": order.run, "conf": given},
        },
        typed=True,
        running=Running(
            operation="invoke_rest_api",
            arguments={
                "Name": environment,
                "Path": f"/dags/{dag}/dagRuns",
                "Method": "GET",
                "QueryParameters": {"state": [*UNDER_WAY], "limit": 1},
            },
            items="RestApiResponse.dag_runs",
            status="state",
            words=UNDER_WAY,
        ),
    )
