"""tabular-batch: a team's tabular data to a served model, by a pipeline of batch jobs that scale to zero."""

from __future__ import annotations

from mlops_iac.blueprints.tabular_batch.blueprint import TabularBatch
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions

__all__ = ["TabularBatch", "TabularBatchOptions"]
