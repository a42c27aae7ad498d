"""Jobs that really run on the embedded cloud: SageMaker's and Batch's, as processes with AWS's contract."""

from __future__ import annotations

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.host import FindFramework, Host
from mlops_iac.core.frameworks import find_framework

__all__ = ["install"]


def install(gateway: Gateway, find: FindFramework = find_framework) -> None:
    """Take over the operations of jobs; ``find`` tells which image is which framework."""
    from mlops_iac.cloud.jobs import warming
    from mlops_iac.cloud.jobs.batch import BatchJobs
    from mlops_iac.cloud.jobs.sagemaker_processing import ProcessingJobs
    from mlops_iac.cloud.jobs.sagemaker_training import TrainingJobs
    from mlops_iac.cloud.jobs.sagemaker_transform import TransformJobs

    host = Host(gateway, "jobs", find)
    for kind in (BatchJobs, ProcessingJobs, TrainingJobs, TransformJobs):
        kind(host).install()
    warming.install(gateway, find)
