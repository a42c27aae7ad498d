"""The task of DAG files that runs Spark on EMR Serverless: it lies beside them as ``mlops_iac_airflow_spark.py``.

It runs where Airflow does and nowhere else, on Airflow 2.11 and 3, with Amazon's provider.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.emr import EmrServerlessStartJobOperator
from airflow.providers.amazon.aws.triggers.emr import EmrServerlessStartJobTrigger
from mlops_iac_airflow import CHECK_SECONDS, looks
from mlops_iac_airflow_run import keep

JOB = "Spark job"
"""How the note of a task begins that tells the application and the number which EMR Serverless gave its job."""


class RunOnSpark(EmrServerlessStartJobOperator):
    """Begins one job and gives its worker back until the job is over. The application starts by itself, so nobody has
    to be allowed to start it.

    The job's number is the task's note: it is in no name, and whoever looks for the job's log or stops it needs it.
    """

    def __init__(self, *, job_seconds: int, **more: Any) -> None:
        super().__init__(deferrable=True, waiter_delay=CHECK_SECONDS, waiter_max_attempts=looks(job_seconds), **more)

    def execute(self, context: Any, event: Any = None) -> Any:
        begun = self.hook.conn.start_job_run(
            applicationId=self.application_id,
            clientToken=str(uuid.uuid4()),
            executionRoleArn=self.execution_role_arn,
            jobDriver=self.job_driver,
            name=self.name,
            **self.config,
        )
        self.job_id = begun["jobRunId"]
        keep(context, f"{JOB} {self.application_id}/{self.job_id}")
        context["ti"].xcom_push(key=JOB, value=self.job_id)
        self.defer(
            trigger=EmrServerlessStartJobTrigger(
                application_id=self.application_id,
                job_id=self.job_id,
                waiter_delay=self.waiter_delay,
                waiter_max_attempts=self.waiter_max_attempts,
                aws_conn_id=self.aws_conn_id,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.waiter_max_attempts * self.waiter_delay),
        )

    def why(self, context: Any) -> str:
        """Why it failed: what waits for the job says that it failed, and no more."""
        number = context["ti"].xcom_pull(task_ids=self.task_id, key=JOB)
        if not number:
            return str(context.get("exception") or "")
        job = self.hook.conn.get_job_run(applicationId=self.application_id, jobRunId=number)["jobRun"]
        return f"{JOB} {self.application_id}/{number}: {job.get('stateDetails') or context.get('exception')}"
