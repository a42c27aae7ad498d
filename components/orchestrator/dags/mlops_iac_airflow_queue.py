"""The task of DAG files that runs on a queue of AWS Batch: it lies beside them as ``mlops_iac_airflow_queue.py``.

It runs where Airflow does and nowhere else, on Airflow 2.11 and 3, with Amazon's provider.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.links.batch import BatchJobDetailsLink
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from mlops_iac_airflow import CHECK_SECONDS, looks
from mlops_iac_airflow_run import keep

JOB = "Batch job"
"""How the note of a task begins that tells the number which Batch gave its job."""


class RunOnQueue(BatchOperator):
    """Submits one job, gives its worker back until the job is over, and leaves ``made`` to later tasks.

    The job's number is the task's note: it is in no name, and whoever looks for the job's log or stops it needs it.
    """

    template_fields = (*BatchOperator.template_fields, "made")

    def __init__(self, *, made: Any, job_seconds: int, **more: Any) -> None:
        super().__init__(
            deferrable=True,
            poll_interval=CHECK_SECONDS,
            max_retries=looks(job_seconds),
            submit_job_timeout=job_seconds,
            **more,
        )
        self.made = made

    def execute(self, context: Any) -> Any:
        super().execute(context)  # unless it is over already, this leaves here, by an exception
        return self.made

    def submit_job(self, context: Any) -> None:
        super().submit_job(context)
        keep(context, f"{JOB} {self.job_id}")

    def execute_complete(self, context: Any, event: Any = None) -> Any:
        super().execute_complete(context, event)
        return self.made

    def why(self, context: Any) -> str:
        """Why it failed: what waits for the job says that it failed, and no more."""
        submitted = context["ti"].xcom_pull(task_ids=self.task_id, key=BatchJobDetailsLink.key)
        if not submitted:
            return str(context.get("exception") or "")
        number = submitted["job_id"]
        (job,) = self.hook.client.describe_jobs(jobs=[number])["jobs"]
        return f"{JOB} {number}: {job.get('statusReason') or context.get('exception')}"
