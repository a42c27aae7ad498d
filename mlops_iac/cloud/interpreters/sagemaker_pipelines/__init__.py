"""Runs the SageMaker Pipelines definitions that were deployed: StartPipelineExecution really starts jobs.

Each step goes through the cloud's own API, in the pipeline's role; steps that do not need each other run at the same
time. What runs: Condition, Fail, Lambda, Model, Processing, RegisterModel, Training, Transform and Tuning steps. A
definition with another type of step can be kept, and starting it is refused by name. Retry policies wait for nothing
here, because this cloud neither throttles nor lacks capacity; no step's result is cached.
"""

from mlops_iac.cloud.interpreters.sagemaker_pipelines.api import install

__all__ = ["install"]
