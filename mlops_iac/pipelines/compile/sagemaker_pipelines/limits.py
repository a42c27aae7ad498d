"""What SageMaker Pipelines refuses, as data with its source."""

from __future__ import annotations

from typing import Final

# SageMaker's API model: PipelineDefinition, ParameterList, StepName
DEFINITION_BYTES: Final = 1024 * 1024
PARAMETERS: Final = 200
STEP_NAME_LENGTH: Final = 64

# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Lambda step)
LAMBDA_SECONDS: Final = 600
"""How long one Lambda step may take."""

CALLBACK_HOURS: Final = 7 * 24
"""After which a Callback step that nobody answers fails (the same page, Callback step)."""
