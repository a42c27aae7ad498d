"""Runs on Step Functions: one execution of the pipeline's state machine each."""

from mlops_iac.runs.runners.step_functions.runner import Runner

__all__ = ["Runner"]
