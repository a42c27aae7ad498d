"""Runs the DAG files that were deployed: the real Airflow, in an environment of its own.

MWAA's InvokeRestApi is answered by Airflow's own REST API over the environment's own database; its files are read from
the bucket as the environment's role each time that somebody asks. Tasks run as processes of Airflow's, in the role, in
the subnets of the environment and with nothing of this machine. Not here: Airflow's web page, its own schedules (our
DAGs have none), several versions, plugins, requirements.
"""

from mlops_iac.cloud.interpreters.airflow.api import install

__all__ = ["install"]
