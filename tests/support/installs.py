"""What answers on the embedded cloud where moto has no such operations, for servers that tests start themselves."""

from __future__ import annotations

from mlops_iac.cloud import (
    athena,
    budgets,
    compliance,
    feature_store,
    guardrails,
    mlflow,
    spark,
    trail,
    vectors,
    warehouse,
)
from mlops_iac.cloud.server import Install

INSTALLS: tuple[Install, ...] = (
    athena.install,
    budgets.install,
    mlflow.install,
    vectors.install,
    warehouse.install,
    spark.install,
    guardrails.install,
    feature_store.install,
    trail.install,
    compliance.install,
)
