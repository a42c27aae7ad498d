"""The tasks of DAG files that ask Athena or a warehouse: they lie beside them as ``mlops_iac_airflow_query.py``.

They run where Airflow does and nowhere else, on Airflow 2.11 and 3. How one asks is `query_function`'s to know, which a
function of SageMaker Pipelines is as well.
"""

from __future__ import annotations

from typing import Any

import boto3
from airflow.exceptions import AirflowFailException, AirflowSensorTimeout
from mlops_iac_airflow import CHECK_SECONDS, LOOKS_AGAIN, BaseOperator, BaseSensorOperator
from mlops_iac_query import ASKED, Athena, Query
from query_warehouse import Warehouse

NO_WAITING: dict[str, Any] = {"query": "", "wait_seconds": 0, "last": False}
"""What a function is told besides: how long it waits."""


def source_of(event: dict[str, Any]) -> Any:
    if event.get("source") == "warehouse":
        return Warehouse(boto3.client("redshift-data"), event)
    return Athena(boto3.client("athena"), event)


class AskQuery(BaseOperator):
    """Asks, and leaves the query's id. A second attempt of the task asks no second time."""

    template_fields = ("event",)

    def __init__(self, *, event: Any, **more: Any) -> None:
        super().__init__(**more)
        self.event = event

    def execute(self, context: Any) -> str:
        return str(Query(source_of(self.event), {**self.event, **NO_WAITING}).start()["QueryExecutionId"])


class AwaitQuery(BaseSensorOperator):
    """Waits until there is an answer; a query that takes too long is stopped."""

    template_fields = ("event", "query")

    def __init__(self, *, event: Any, query: Any, seconds: int, **more: Any) -> None:
        every = min(CHECK_SECONDS, seconds)
        super().__init__(mode="reschedule", poke_interval=every, timeout=seconds, **LOOKS_AGAIN, **more)
        self.event, self.query = event, query

    def execute(self, context: Any) -> Any:
        try:
            return super().execute(context)
        except AirflowSensorTimeout:
            source_of(self.event).stop(self.query)
            raise

    def poke(self, context: Any) -> bool:
        status = source_of(self.event).describe(self.query)["Status"]
        if status["State"] in ASKED:
            return False
        if status["State"] != "SUCCEEDED":
            raise AirflowFailException(status.get("StateChangeReason") or f"It ended {status['State']}.")
        return True
