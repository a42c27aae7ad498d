"""SageMaker's hyperparameter tuning jobs: `jobs` answers the API, `tuner` lives a job's life, `search` chooses."""

from __future__ import annotations

from mlops_iac.cloud.jobs.tuning.jobs import TuningJobs

__all__ = ["TuningJobs"]
