"""Flows of Metaflow: deployed by Metaflow itself when a run starts, and run by Step Functions."""

from mlops_iac.runs.runners.metaflow.runner import Runner

__all__ = ["Runner"]
