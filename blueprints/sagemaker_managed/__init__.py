"""sagemaker-managed: train, serve and watch a model with what SageMaker manages, and see all of it in Studio."""

from __future__ import annotations

from mlops_iac.blueprints.sagemaker_managed.blueprint import SagemakerManaged
from mlops_iac.blueprints.sagemaker_managed.options import SagemakerManagedOptions

__all__ = ["SagemakerManaged", "SagemakerManagedOptions"]
