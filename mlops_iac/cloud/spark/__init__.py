"""EMR Serverless, whose jobs really run: PySpark in local mode, in a process of this machine's.

``applications.py`` answers for what jobs run in, ``job_runs.py`` for jobs; one job is a process (``spark_process.py``)
in the environment of the application's release (``environment.py``). A job names its data by S3 URIs. Spark reads S3
by a library that pip cannot install, so what a job names is fetched into folders before it starts and what it left or
changed there is stored when it has ended, with the rights of its role (``staging.py``): where a script is given
``s3://…`` on AWS it is given ``file://…`` here, and what it does with it is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

__all__ = ["install"]


def install(gateway: Gateway) -> None:
    """Answer EMR Serverless: moto keeps records of it, whose jobs have succeeded when they are begun."""
    from mlops_iac.cloud.jobs import count_running
    from mlops_iac.cloud.jobs.host import Host
    from mlops_iac.cloud.spark.applications import Applications
    from mlops_iac.cloud.spark.job_runs import JobRuns
    from mlops_iac.cloud.spark.places import FOLDER

    host = Host(gateway, FOLDER)
    applications = Applications(gateway, host.records)
    applications.install()
    JobRuns(host, applications).install()
    gateway.reports["spark"] = lambda: count_running(host.records)
