"""Jobs that really run on the embedded cloud: SageMaker's and Batch's, as processes with AWS's contract."""

from __future__ import annotations

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.host import FindFramework, Host
from mlops_iac.cloud.jobs.records import Records
from mlops_iac.core.frameworks import find_framework

__all__ = ["install"]


def install(gateway: Gateway, find: FindFramework = find_framework) -> None:
    """Take over the operations of jobs; ``find`` tells which image is which framework."""
    from mlops_iac.cloud.jobs import enter, warming
    from mlops_iac.cloud.jobs.batch import BatchJobs
    from mlops_iac.cloud.jobs.sagemaker_processing import ProcessingJobs
    from mlops_iac.cloud.jobs.sagemaker_training import TrainingJobs
    from mlops_iac.cloud.jobs.sagemaker_transform import TransformJobs
    from mlops_iac.cloud.jobs.shared_files import SharedFiles
    from mlops_iac.cloud.jobs.tuning import TuningJobs

    host = Host(gateway, "jobs", find)
    training = TrainingJobs(host)
    for jobs in (BatchJobs(host), ProcessingJobs(host), training, TransformJobs(host), TuningJobs(host, training)):
        jobs.install()
    SharedFiles(gateway).install()
    warming.install(gateway, find)
    gateway.reports["isolation"] = enter.report
    gateway.reports["jobs"] = lambda: count_running(host.records)


def count_running(records: Records) -> dict[str, int]:
    """How many jobs have ended, and how many have not: what ``cloud status`` tells."""
    return {"running": len(records.living()), "ended": records.ended}
