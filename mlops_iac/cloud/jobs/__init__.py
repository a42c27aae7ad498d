"""Jobs that really run on the embedded cloud: SageMaker's and Batch's, as processes with AWS's contract."""

from __future__ import annotations

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.host import FindFramework, Host
from mlops_iac.core.frameworks import find_framework

__all__ = ["install"]


def install(gateway: Gateway, find: FindFramework = find_framework) -> None:
    """Take over the operations of jobs; ``find`` tells which image is which framework."""
    from mlops_iac.cloud.jobs import enter, warming
    from mlops_iac.cloud.jobs.batch import BatchJobs
    from mlops_iac.cloud.jobs.sagemaker_processing import ProcessingJobs
    from mlops_iac.cloud.jobs.sagemaker_training import TrainingJobs
    from mlops_iac.cloud.jobs.sagemaker_transform import TransformJobs
    from mlops_iac.cloud.jobs.tuning import TuningJobs

    host = Host(gateway, "jobs", find)
    training = TrainingJobs(host)
    for jobs in (BatchJobs(host), ProcessingJobs(host), training, TransformJobs(host), TuningJobs(host, training)):
        jobs.install()
    warming.install(gateway, find)
    gateway.reports["isolation"] = enter.report
    gateway.reports["jobs"] = lambda: count_running(gateway)


def count_running(gateway: Gateway) -> dict[str, int]:
    """How many jobs have ended, and how many have not: what ``cloud status`` tells."""
    from mlops_iac.cloud.jobs import batch, sagemaker_api
    from mlops_iac.cloud.jobs.records import brief

    ended = {*sagemaker_api.ENDED, *batch.ENDED}
    with gateway.locked():
        found = [brief(record) for key, record in gateway.store["jobs"].items() if key[0].endswith("-job")]
        over = sum(any(value in ended for name, value in record.items() if is_status(name)) for record in found)
    return {"running": len(found) - over, "ended": over}


def is_status(member: str) -> bool:
    """``TrainingJobStatus`` and its like, and Batch's ``status``."""
    return member == "status" or member.endswith("JobStatus")
